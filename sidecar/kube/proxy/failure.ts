/** What went wrong between us and the API server, in words. */
import { ChaperoneError } from '../../../recorder/errors.ts';
import { notAdmitted, type Status, tooMany, unauthenticated, unavailable } from '../../request/status.ts';
import { TooMany } from '../too-many.ts';

const CLOSED = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

function codeOf(error: unknown): string {
  return (error as { code?: unknown } | null)?.code?.toString() ?? '';
}

/**
 * What the client hears that gets no answer.
 * @param connected whether a connection stood
 */
export function noAnswer(why: unknown, server: string, connected: boolean): Status {
  const reason = reasonOf(why);
  if (why instanceof ChaperoneError) return unavailable(503, reason);
  return connected
    ? unavailable(502, `the API server ${server} gave no answer that can be passed on: ${reason}`)
    : unavailable(503, `the API server ${server} cannot be reached: ${reason}`);
}

/**
 * What the client hears of an error of our own.
 * @param report told of what nobody raised on purpose
 */
export function explain(error: unknown, report: (error: unknown) => void): Status {
  if (!(error instanceof ChaperoneError)) {
    report(error);
    return unavailable(503, 'this request failed for a reason that stands in the log of chaperone');
  }
  if (error instanceof TooMany) return tooMany(error.message, error.retryAfter);
  if (error.code === 'UNAUTHENTICATED') return unauthenticated(error.message);
  if (error.code === 'FORBIDDEN') return notAdmitted(error.message);
  return unavailable(503, error.message);
}

/** True where the connection was closed before a word of an answer. */
export function wasUnheard(error: unknown): boolean {
  return CLOSED.has(codeOf(error));
}

/** One line for the log and for the person. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = codeOf(error);
  const [line = ''] = error.message.split('\n', 1);
  if (UNTRUSTED.test(code))
    return `its certificate is not trusted (${code}): is the certificate authority that is given for it its own?`;
  const said = line === '' || line === code ? 'no reason given' : line;
  return error instanceof ChaperoneError || code === '' || said.includes(code) ? said : `${code}: ${said}`;
}

/** What OpenSSL and Node call a certificate that does not stand up. https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const UNTRUSTED =
  /^(?:UNABLE_TO_(?:GET|VERIFY|DECRYPT|DECODE)_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|INVALID_CA|HOSTNAME_MISMATCH|ERR_TLS_CERT)/;
