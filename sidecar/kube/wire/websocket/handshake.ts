/** The two header values that prove a WebSocket handshake. Pure. https://www.rfc-editor.org/rfc/rfc6455#section-4 */
import { createHash } from 'node:crypto';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** True of a `Sec-WebSocket-Key`: 16 bytes in base64. */
export function isKey(key: string): boolean {
  return /^[A-Za-z0-9+/]{21}[AQgw]==$/.test(key);
}

/** The `Sec-WebSocket-Accept` that answers `key`. */
export function acceptFor(key: string): string {
  return createHash('sha1').update(key).update(GUID).digest('base64');
}
