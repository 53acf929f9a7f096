/** Questions to the policy in force: how would it decide this, and why. Nothing is run, and nothing is recorded. */
import { z } from 'zod';
import type { Identity } from '../../audit/identity.ts';
import { ChaperoneError } from '../../errors.ts';
import { readJson } from '../body.ts';
import type { Explanation } from '../explanation.ts';
import { sendJson } from '../reply.ts';
import type { Exchange, Route } from '../router.ts';

/** What knows the policy in force; the recorder itself does not. */
export interface Explainer {
  explain(asked: Asked): Promise<Explanation>;
}

export interface Asked {
  /** A command line as it is typed, or a request such as `DELETE /api/v1/namespaces/x`. */
  text: string;
  /** Absolute; null where it does not matter. */
  cwd: string | null;
  /** Who would do it; null for whoever runs the recorder. */
  identity: Identity | null;
}

/** Longer ones are for `chaperone policy explain`: understanding them takes a while, and everybody waits. */
const LONGEST = 16 * 1024;
/** JSON says one character in six at most, and a path beside it. */
const LIMIT = 6 * LONGEST + 32 * 1024;

const question = z.strictObject({
  text: z.string().max(LONGEST),
  cwd: z.string().max(4096).regex(/^\//, 'a cwd is absolute').optional(),
  /** Whose identity, and by default whose directory, it is asked for. */
  session: z.string().max(64).optional(),
});

export function policyRoutes({ explainer }: { explainer: Explainer | undefined }): Route[] {
  const handle = async ({ request, response, archive }: Exchange) => {
    const { text, cwd, session } = await readJson(request, { schema: question, limit: LIMIT });
    if (explainer === undefined)
      throw new ChaperoneError('NOT_FOUND', 'no policy is in force in this process: ask where one is');
    const of = session === undefined ? null : await archive.session(session);
    const asked = { text, cwd: cwd ?? (of?.cwd || null), identity: of?.identity ?? null };
    sendJson(response, await explainer.explain(asked));
  };
  return [{ method: 'POST', path: '/api/policy/explain', needs: 'policy.explain', handle }];
}
