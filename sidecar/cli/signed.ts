/** The agent's own signed identity, where its socket is known. */
import { InvalidArgumentError, Option } from 'commander';
import type { SignedRun } from '../identity/signed-run.ts';
import { complainOf } from './format.ts';

export const CURSOR_ISSUER = 'https://api.cursor.com';

export interface SignedFlags {
  agentSocket?: string;
  agentIssuer?: string;
}

export const agentSocketOption = () =>
  new Option(
    '--agent-socket <path>',
    "where Cursor's worker says for whom it works (its --identity-socket)",
  ).env('CURSOR_AGENT_SOCKET');

export const agentIssuerOption = () =>
  new Option('--agent-issuer <url>', 'who signs that')
    .env('CHAPERONE_AGENT_ISSUER')
    .default(CURSOR_ISSUER)
    .argParser(issuerUrl);

/** Null where there is no socket to ask at. */
export async function signedRun({ agentSocket, agentIssuer }: SignedFlags): Promise<SignedRun | null> {
  if (agentSocket === undefined || agentSocket === '') return null;
  const [{ SignedRun }, { runToken }, { discoveredKeys }, { fetchJson }, { IssuerKeys }, { systemClock }] =
    await Promise.all([
      import('../identity/signed-run.ts'),
      import('../identity/run-token.ts'),
      import('../../recorder/token/issuer.ts'),
      import('../../recorder/token/fetch-json.ts'),
      import('../../recorder/token/keys.ts'),
      import('../clock.ts'),
    ]);
  const issuer = agentIssuer ?? CURSOR_ISSUER;
  const load = discoveredKeys(issuer, fetchJson());
  return new SignedRun({
    ask: (audience) => runToken(agentSocket, audience),
    ...{ issuer, keys: new IssuerKeys({ load, clock: systemClock }), clock: systemClock },
    report: complainOf('nothing proves for whom the agent works'),
  });
}

function issuerUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:/.test(text))
    throw new InvalidArgumentError('an address such as https://api.cursor.com');
  return text;
}
