/**
 * How a remote command ended, from the bytes of its error channel. Pure.
 *
 * Since v4 the server writes one `metav1.Status` as JSON: status "Success", or "Failure" with, for a command
 * that ran, reason "NonZeroExitCode" and the code as a cause. Before v4 it writes nothing on success, and
 * plain text otherwise.
 */
import { isObject, objectIn } from '../../../../recorder/json.ts';

/**
 * `exitCode` is null where the command did not run, or the text does not say. `none`: the session ended
 * without a word (cut off, or detached).
 */
export type Outcome =
  | { kind: 'success'; exitCode: 0 }
  | { kind: 'failure'; exitCode: number | null; reason: string; message: string }
  | { kind: 'none' };

/** Of the error channel. What is longer is cut off, and is no JSON any more. */
const STATUS_LIMIT = 64 * 1024;
/** What kubelets before v4 wrote at the end of their text. */
const EXIT_IN_TEXT = /exit (?:code|status):? (\d{1,10})\s*$/;

/** Gathers the data of the error channel, until the session is over. */
export class StatusReader {
  readonly #version: number;
  readonly #pieces: Buffer[] = [];
  #length = 0;

  /** @param version of the subprotocol: 4 and up speak JSON */
  constructor(version: number) {
    this.#version = version;
  }

  push(data: Buffer): void {
    const piece = Buffer.from(data.subarray(0, STATUS_LIMIT - this.#length));
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.#length += piece.length;
  }

  /**
   * How it ended, when the error channel did or the connection went. `ended`: it ended by itself, so before v4
   * silence is success.
   */
  outcome(ended: boolean): Outcome {
    const text = Buffer.concat(this.#pieces).toString('utf8');
    if (text === '') return ended && this.#version < 4 ? { kind: 'success', exitCode: 0 } : { kind: 'none' };
    return (this.#version < 4 ? null : parseStatus(text)) ?? plain(text);
  }
}

/** The bytes of the error channel that say it: for a session that we refuse ourselves. */
export function formatFailure(version: number, message: string, reason: string, code: number): Buffer {
  if (version < 4) return Buffer.from(message);
  const status = { metadata: {}, status: 'Failure', message, reason, code };
  return Buffer.from(JSON.stringify(status));
}

function plain(message: string): Outcome {
  const code = EXIT_IN_TEXT.exec(message)?.[1];
  return { kind: 'failure', exitCode: code === undefined ? null : Number(code), reason: '', message };
}

function parseStatus(text: string): Outcome | null {
  const status = objectIn(text);
  if (status === null) return null;
  if (status.status === 'Success') return { kind: 'success', exitCode: 0 };
  if (status.status !== 'Failure') return null;
  return {
    kind: 'failure',
    exitCode: status.reason === 'NonZeroExitCode' ? exitCodeOf(status.details) : null,
    reason: stringOr(status.reason),
    message: stringOr(status.message),
  };
}

function exitCodeOf(details: unknown): number | null {
  const causes = isObject(details) && Array.isArray(details.causes) ? details.causes : [];
  for (const cause of causes as unknown[]) {
    if (!isObject(cause) || cause.reason !== 'ExitCode') continue;
    const text = stringOr(cause.message);
    return /^\d{1,10}$/.test(text) ? Number(text) : null;
  }
  return null;
}

function stringOr(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
