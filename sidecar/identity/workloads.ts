/**
 * Workloads sign in by a projected token of their ServiceAccount that is made for us (`audience`), in one of two ways:
 *
 *     review   the API server is asked (TokenReview): it also knows of Pods and ServiceAccounts that are gone
 *     offline  against the cluster's published keys: a token holds until it runs out, whatever became of its Pod
 *
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/#service-account-tokens
 */
import type { Micros } from '../../recorder/audit/units.ts';
import { ChaperoneError } from '../../recorder/errors.ts';
import { IssuerKeys } from '../../recorder/token/keys.ts';
import { unproven } from '../../recorder/token/unproven.ts';
import { TokenVerifier } from '../../recorder/token/verifier.ts';
import type { Clock } from '../clock.ts';
import { collect } from '../kube/upstream/collect.ts';
import type { ApiServer } from '../kube/upstream/upstream.ts';
import { Remembered } from './remembered.ts';
import { type ReviewedUser, reviewedWorkload, type Workload, workloadOf } from './service-account.ts';

export type WorkloadCheck = 'review' | 'offline';

/** The audience of a projected token for us, where nothing else is said. */
export const AUDIENCE = 'chaperone';

export interface WorkloadOptions {
  check: WorkloadCheck;
  audiences: readonly string[];
  /** On our own credential: `create tokenreviews` (ClusterRole `system:auth-delegator`), or the keys alone. */
  server: Pick<ApiServer, 'send'>;
  clock: Clock;
}

/** Who signs in by a ServiceAccount. */
export interface Workloads {
  /** @throws ChaperoneError `UNAUTHENTICATED`; `ISSUER_GONE` and `BUSY` where it cannot be told now */
  identify(token: string): Promise<Workload>;
}

export function workloads(options: WorkloadOptions): Workloads {
  const { clock } = options;
  const check = options.check === 'review' ? byReview(options) : byKeys(options);
  const remembered = new Remembered<Workload>({ clock, ask: check, until: (token) => expiryOf(token) });
  return { identify: (token) => remembered.get(token) };
}

/** Unproven, which does no harm: it can only make the time shorter for which an answer is kept. */
function expiryOf(token: string): Micros {
  const end = Number(unproven(token)?.exp);
  return Number.isFinite(end) ? end * 1e6 : 0;
}

type Check = (token: string) => Promise<Workload>;

function byReview({ audiences, server, clock }: WorkloadOptions): Check {
  return async (token) => {
    // What is certainly not for us is not worth a question.
    const { aud, exp } = unproven(token) ?? {};
    const named = [aud].flat();
    if (!audiences.some((one) => named.includes(one)) || !(Number(exp) * 1e6 > clock.now()))
      throw refused('is not one for us, or has expired');
    const spec = { token, audiences };
    const status = await ask(server, { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec });
    // A server that knows nothing of audiences would take a token that was made for somebody else.
    const meant = Array.isArray(status.audiences) && audiences.some((one) => status.audiences!.includes(one));
    if (status.authenticated !== true || !meant) throw refused('does not hold: the API server refuses it');
    return reviewedWorkload(status.user ?? {});
  };
}

interface ReviewStatus {
  authenticated?: unknown;
  audiences?: unknown[];
  user?: ReviewedUser;
}

/** @throws ChaperoneError `ISSUER_GONE` */
async function ask(server: WorkloadOptions['server'], review: object): Promise<ReviewStatus> {
  const { status, text } = await sent(server, {
    method: 'POST',
    uri: '/apis/authentication.k8s.io/v1/tokenreviews',
    body: Buffer.from(JSON.stringify(review)),
  });
  if (status === 403)
    throw gone(
      'our own credential may not create tokenreviews: bind it to the ClusterRole system:auth-delegator',
    );
  if (status !== 201) throw gone(`the API server answered a TokenReview with ${status}`);
  return (parsed(text) as { status?: ReviewStatus } | null)?.status ?? {};
}

function byKeys({ audiences, server, clock }: WorkloadOptions): Check {
  const load = async () => document(server, '/openid/v1/jwks');
  const keys = new IssuerKeys({ load, clock });
  let verifier: TokenVerifier | null = null;
  return async (token) => {
    verifier ??= new TokenVerifier({ issuer: await issuerOf(server), audiences, keys, clock });
    return workloadOf(await verifier.verify(token));
  };
}

/** As the cluster names itself; its keys are taken from the API server, wherever the name may lead. */
async function issuerOf(server: WorkloadOptions['server']): Promise<string> {
  const { issuer } = (await document(server, '/.well-known/openid-configuration')) as { issuer?: unknown };
  if (typeof issuer !== 'string' || issuer === '') throw gone('the API server does not name its issuer');
  return issuer;
}

async function document(server: WorkloadOptions['server'], uri: string): Promise<object> {
  const { status, text } = await sent(server, { method: 'GET', uri, body: null });
  const found = parsed(text);
  if (status === 200 && typeof found === 'object' && found !== null) return found;
  const hint =
    status === 403 ? ': bind our credential to the ClusterRole system:service-account-issuer-discovery' : '';
  throw gone(`the API server answered ${status} to ${uri}${hint}`);
}

async function sent(
  server: WorkloadOptions['server'],
  asked: { method: string; uri: string; body: Buffer | null },
): Promise<{ status: number; text: string }> {
  // The server gives its keys to nobody who does not ask for them by their own type.
  const headers = ['accept', 'application/json, application/jwk-set+json', 'accept-encoding', 'identity'];
  if (asked.body !== null) headers.push('content-type', 'application/json');
  const { status, body } = await collect(server, { ...asked, headers }).catch((error) => {
    throw gone(`the API server gives no answer: ${(error as Error).message}`, error);
  });
  return { status, text: Buffer.from(body).toString('utf8') };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function refused(why: string): ChaperoneError {
  return new ChaperoneError('UNAUTHENTICATED', `the token ${why}`);
}

function gone(why: string, cause?: unknown): ChaperoneError {
  return new ChaperoneError('ISSUER_GONE', `who a ServiceAccount's token belongs to cannot be told: ${why}`, {
    cause,
  });
}
