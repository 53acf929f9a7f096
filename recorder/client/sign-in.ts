/** What a command line asks a recorder about signing in to it. */
import { z } from 'zod';
import { ChaperoneError } from '../errors.ts';
import type { SignIn, WhoAmI } from '../server/api.ts';
import { gone, type Recorder, RecorderClient } from './http.ts';

const signIn: z.ZodType<SignIn> = z.object({
  issuer: z.url().max(2048),
  clientId: z.string().min(1).max(256),
  scopes: z.array(z.string().max(256)).max(200),
  name: z.string().max(256),
});

/** @throws ChaperoneError `NOT_FOUND` where command lines cannot sign in there, `RECORDER_GONE` */
export async function tellSignIn(url: string): Promise<SignIn> {
  const told = await new RecorderClient({ url, token: null }).json({ path: '/api/sign-in' }).catch(notThere);
  const read = signIn.safeParse(told);
  if (read.success) return read.data;
  throw gone('does not say where to sign in');
}

/** A recorder without a provider has nothing at this address, and tells strangers nothing. */
function notThere(error: unknown): never {
  if (error instanceof ChaperoneError && ['UNAUTHENTICATED', 'NOT_FOUND'].includes(error.code))
    throw new ChaperoneError(
      'NOT_FOUND',
      'command lines cannot sign in at this recorder: it has no provider for them',
    );
  throw error;
}

/** @throws ChaperoneError `UNAUTHENTICATED`, `FORBIDDEN`, `RECORDER_GONE` */
export function whoAmI(recorder: Recorder): Promise<WhoAmI> {
  return new RecorderClient(recorder).json<WhoAmI>({ path: '/api/whoami' });
}

/** @throws ChaperoneError `RECORDER_GONE` */
export async function endLogin(recorder: Recorder): Promise<void> {
  await new RecorderClient(recorder).text({ method: 'POST', path: '/api/logout' });
}
