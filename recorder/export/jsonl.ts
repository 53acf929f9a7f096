/**
 * A session as JSON lines: each line is an event of the log as it stands there. Where the event has content,
 * `content` is its bytes in base64 (RFC 4648 §4), or null if retention removed them.
 */
import { escapeUnprintable } from '../asciicast/json.ts';
import type { StoredEvent } from '../log/ports.ts';
import type { Projection } from './projection.ts';

export function jsonLinesProjection(): Projection {
  return { start: () => '', event: jsonLine, end: () => '' };
}

export function jsonLine({ event, content }: StoredEvent): string {
  const json = escapeUnprintable(JSON.stringify(event));
  if (!('content' in event.body)) return `${json}\n`;
  // base64 needs no escapes: put it in by hand rather than search it for some
  const bytes =
    content === null
      ? 'null'
      : `"${Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('base64')}"`;
  return `${json.slice(0, -1)},"content":${bytes}}\n`;
}
