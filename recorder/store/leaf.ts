/**
 * How an event is kept: four bytes of its leaf hash, then its canonical bytes; or, for output and input, of which there
 * are many, the figures that the canonical bytes are made of. All of fixed width, so that one event has one form.
 *
 *     0           4
 *     ┌───────────┬────────────────────────────────┐
 *     │ leaf hash │ {"at":…,"body":{…},"seq":…,…}  │
 *     └───────────┴────────────────────────────────┘
 *     0           4      5        12        16          20        52          78
 *     ┌───────────┬──────┬────────┬─────────┬───────────┬─────────┬───────────┐
 *     │ leaf hash │ 1, 2 │ at u56 │ seq u32 │ bytes u32 │ hash 32 │ session   │
 *     └───────────┴──────┴────────┴─────────┴───────────┴─────────┴───────────┘
 *
 * The four bytes prove nothing to anyone; they let `verify` name the one event that was damaged, where the tree alone
 * could only say that something among 256 leaves was.
 */
import { canonicalBytes } from '../audit/canonical.ts';
import { checkEvent, decodeEvent } from '../audit/decode.ts';
import type { AuditEvent } from '../audit/event.ts';
import { type Hash, leafHash } from '../audit/merkle.ts';

const MARK_BYTES = 4;
const AT = { kind: 4, at: 5, seq: 12, bytes: 16, hash: 20, session: 52, end: 78 } as const;
const KINDS = { 'session.output': 1, 'session.input': 2 } as const;

export function encodeLeaf(event: AuditEvent, canonical: Uint8Array, leaf: Hash): Buffer {
  const short = shorten(event) ?? canonical;
  return Buffer.concat([leaf.subarray(0, MARK_BYTES), short]);
}

/** The event in a stored value. @throws ChaperoneError `EVENT_INVALID` */
export function eventIn(value: Uint8Array): AuditEvent {
  return isShort(value) ? checkEvent(lengthen(value)) : decodeEvent(value.subarray(MARK_BYTES));
}

/** The canonical bytes of the event in a stored value, whatever it is: what its leaf hash is over. */
export function canonicalOf(value: Uint8Array): Uint8Array {
  return isShort(value) ? canonicalBytes(lengthen(value)) : value.subarray(MARK_BYTES);
}

/** The leaf hash of a stored value, and whether the value is still what it was made of. */
export function leafOf(value: Uint8Array): { leaf: Hash; intact: boolean } {
  const leaf = leafHash(canonicalOf(value));
  const mark = Buffer.from(value.buffer, value.byteOffset, Math.min(MARK_BYTES, value.length));
  return { leaf, intact: mark.equals(leaf.subarray(0, MARK_BYTES)) };
}

/** What stands behind the mark, or null for an event that has no short form. */
function shorten({ session, seq, at, body }: AuditEvent): Buffer | null {
  if (body.type !== 'session.output' && body.type !== 'session.input') return null;
  if ('stream' in body || 'covers' in body) return null;
  const { bytes, hash } = body.content;
  if (session.length !== AT.end - AT.session || seq > 0xffffffff || bytes > 0xffffffff) return null;
  const out = Buffer.alloc(AT.end);
  out[AT.kind] = KINDS[body.type];
  // Seven bytes in two steps: Node writes six at most.
  out.writeUInt8(Math.floor(at / 2 ** 48), AT.at);
  out.writeUIntBE(at % 2 ** 48, AT.at + 1, 6);
  out.writeUInt32BE(seq, AT.seq);
  out.writeUInt32BE(bytes, AT.bytes);
  out.write(hash, AT.hash, 'base64url');
  out.write(session, AT.session, 'latin1');
  return out.subarray(MARK_BYTES);
}

/** Canonical bytes begin with a brace, which is no kind. */
function isShort(value: Uint8Array): boolean {
  const kind = value[AT.kind];
  return value.length === AT.end && (kind === KINDS['session.output'] || kind === KINDS['session.input']);
}

function lengthen(value: Uint8Array): AuditEvent {
  const view = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const type = view[AT.kind] === KINDS['session.output'] ? 'session.output' : 'session.input';
  const content = {
    bytes: view.readUInt32BE(AT.bytes),
    hash: view.toString('base64url', AT.hash, AT.session),
  };
  return {
    v: 1,
    session: view.toString('latin1', AT.session, AT.end),
    seq: view.readUInt32BE(AT.seq),
    at: view[AT.at]! * 2 ** 48 + view.readUIntBE(AT.at + 1, 6),
    body: { type, content },
  };
}
