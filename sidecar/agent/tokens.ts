/**
 * By what a shell proves which session is its own. Made from the session's id by a key that only the recorder has, so that
 * they hold over a restart, and nothing of them has to be kept.
 *
 *     resume   the session's id (26) and a MAC (16): lets a launcher go on with the session on another connection
 *     child    a MAC (16), as text: lets what the shell starts be recorded in its session
 *
 * https://www.rfc-editor.org/rfc/rfc2104
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { isSessionId } from '../../recorder/audit/decode.ts';
import { type SessionId, SYSTEM } from '../../recorder/audit/units.ts';

const ID_LENGTH = 26;
const MAC_LENGTH = 16;

export class Tokens {
  readonly #key: Uint8Array;

  /** @param key of which nothing is known outside */
  constructor(key: Uint8Array) {
    this.#key = key;
  }

  resume(session: SessionId): Buffer {
    return Buffer.concat([Buffer.from(session, 'latin1'), this.#mac('resume', session)]);
  }

  /** Whose token it is; null where it is nobody's. */
  resumes(token: Uint8Array): SessionId | null {
    if (token.length !== ID_LENGTH + MAC_LENGTH) return null;
    const session = Buffer.from(token.subarray(0, ID_LENGTH)).toString('latin1');
    if (session === SYSTEM || !isSessionId(session)) return null;
    return timingSafeEqual(token.subarray(ID_LENGTH), this.#mac('resume', session)) ? session : null;
  }

  child(session: SessionId): string {
    return this.#mac('child', session).toString('base64url');
  }

  isChild(session: SessionId, token: string): boolean {
    const expected = Buffer.from(this.child(session));
    const told = Buffer.from(token);
    return told.length === expected.length && timingSafeEqual(told, expected);
  }

  #mac(purpose: string, session: SessionId): Buffer {
    return createHmac('sha256', this.#key).update(`${purpose}\n${session}`).digest().subarray(0, MAC_LENGTH);
  }
}
