/** What events are told in. */

/** Microseconds since the Unix epoch, an integer. Monotonic within one session. */
export type Micros = number;

/** A session's id: `SYSTEM`, or 26 characters of Crockford base 32 that sort by time (ULID). */
export type SessionId = string;

/** The stream of events that belong to no session: logins, policy changes. */
export const SYSTEM: SessionId = 'system';

/** A reference to stored content. */
export interface ContentRef {
  /** Length of the bytes, after masking. */
  bytes: number;
  /** base64url of SHA-256(salt ‖ bytes), salt 16 random bytes stored with the content. */
  hash: string;
}
