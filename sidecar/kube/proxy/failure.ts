/** What went wrong between us and the API server, in words. */
import { ChaperoneError } from '../../../recorder/errors.ts';

const CLOSED = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

function codeOf(error: unknown): string {
  return (error as { code?: unknown } | null)?.code?.toString() ?? '';
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
