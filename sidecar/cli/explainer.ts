/** Answers the page's questions about the policy in force. */
import { userInfo } from 'node:os';
import type { Explainer } from '../../recorder/server/routes/policy.ts';
import { systemClock } from '../clock.ts';
import { localIdentity } from '../identity/local.ts';
import type { LoadedPolicy } from '../policy/policy-file.ts';
import { readAction } from '../policy/read-action.ts';
import { homeDirectory } from './home.ts';

export function explainerOf(policy: () => LoadedPolicy): Explainer {
  // Asking the system for groups takes a process.
  const own = localIdentity(process.env);
  return {
    async explain({ text, cwd, identity }) {
      const who = identity ?? own;
      const home = who.user === userInfo().username ? homeDirectory() : null;
      const setting = { cwd: cwd ?? home ?? '/', ...(home !== null && { home }) };
      return policy().explain(readAction(text, setting), who, systemClock.now());
    },
  };
}
