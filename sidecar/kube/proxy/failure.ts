/** What went wrong between us and the API server, in words. */
import { ChaperoneError } from '../../../recorder/errors.ts';

/** Failures before a connection stood: nothing of the request has left. */
const UNREACHED = new Set([
  ...['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN', 'ETIMEDOUT'],
  ...['UND_ERR_CONNECT_TIMEOUT', 'ERR_TLS_CERT_ALTNAME_INVALID', 'CERT_HAS_EXPIRED'],
  ...['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'SELF_SIGNED_CERT_IN_CHAIN', 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  ...['UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'],
]);

const CLOSED = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

function codeOf(error: unknown): string {
  return (error as { code?: unknown } | null)?.code?.toString() ?? '';
}

/** True where the request may have reached the server. */
export function isBroken(error: unknown): boolean {
  return !UNREACHED.has(codeOf(error));
}

/** True where the connection was closed before a word of an answer. */
export function wasUnheard(error: unknown): boolean {
  return CLOSED.has(codeOf(error));
}

/** One line for the log and for the person. */
export function reasonOf(error: Error): string {
  const code = codeOf(error);
  const [line = ''] = error.message.split('\n', 1);
  const said = line === '' || line === code ? 'no reason given' : line;
  return error instanceof ChaperoneError || code === '' ? said : `${code}: ${said}`;
}
