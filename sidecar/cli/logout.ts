import type { Command } from 'commander';
import { ChaperoneError } from '../../recorder/errors.ts';
import { visible } from './format.ts';
import { recorderUrl } from './login.ts';

/** `chaperone logout`: the kept login ends here, at the recorder and at the provider. */
export function logout(root: Command): void {
  root
    .command('logout')
    .description('end the login that chaperone login keeps')
    .option('--url <url>', 'the recorder (default: $CHAPERONE_URL, or the one that was logged in to last)')
    .action(run);
}

async function run({ url }: { url?: string }): Promise<void> {
  const [{ endLogin }, { revoke }, { changeKeptLogins, keptLoginsPath, readKeptLogins }] = await Promise.all([
    import('../../recorder/client/sign-in.ts'),
    import('../../recorder/client/device.ts'),
    import('../../recorder/client/kept-logins.ts'),
  ]);
  const path = keptLoginsPath(process.env);
  const { current } = await readKeptLogins(path);
  const named = url ?? process.env.CHAPERONE_URL;
  const recorder = (named ?? '') === '' && current !== null ? current : await recorderUrl(named);
  const ended = await changeKeptLogins(path, async ({ v, current: last, logins }) => {
    const { [recorder]: login, ...others } = logins;
    const kept = { v, current: last === recorder ? null : last, logins: others };
    return { kept, result: login };
  });
  if (ended === undefined) throw new ChaperoneError('NOT_FOUND', `you are not logged in to ${recorder}`);
  // It is forgotten here whatever happens; that it was not forgotten there, has to be told.
  const outcomes = await Promise.allSettled([
    endLogin({ url: recorder, token: ended.idToken }),
    revoke(ended),
  ]);
  for (const outcome of outcomes)
    if (outcome.status === 'rejected')
      process.stderr.write(`chaperone: ${visible(String(outcome.reason?.message))}\n`);
  process.stdout.write(`logged out of ${recorder}\n`);
}
