/**
 * Header blocks of SYN_STREAM, SYN_REPLY and HEADERS: compressed, each direction in one zlib stream for the
 * whole connection. Pure (zlib's synchronous functions keep nothing between calls).
 * https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/, 2.6.10
 *
 *     +--------+ +---------+------+---------+-------+           u32 each but name and value
 *     | number | | length  | name | length  | value |  …
 *     +--------+ +---------+------+---------+-------+
 *
 * Every block ends with a sync flush, that is, at a byte's boundary with 00 00 ff ff. So a block can be inflated by
 * itself, as raw deflate, once zlib is given the 32 KiB that came before it as a dictionary; and in the
 * same way deflated. No inflater lives on that a peer could grow, and the output is bounded before it exists.
 */
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import { type Fault, faulted } from '../fault.ts';
import { DICTIONARY, DICTIONARY_ID } from './dictionary.ts';
import type { Headers, HeadersFault } from './frame.ts';

const WINDOW = 32 * 1024;
/** Of one block when inflated. Kubernetes' have less than a hundred bytes. */
const BLOCK_LIMIT = 16 * 1024;
const FLUSH = Buffer.from([0x00, 0x00, 0xff, 0xff]);
const ZLIB_HEAD = 6;

/** What Go's library writes, too: deflate, 32 KiB, a dictionary, best compression. */
const HEAD = Buffer.from([0x78, 0xf9, ...idBytes()]);

function idBytes(): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(DICTIONARY_ID);
  return bytes;
}

function slide(window: Buffer, plain: Buffer): Buffer {
  return Buffer.concat([window, plain]).subarray(-WINDOW);
}

/** One for each direction: blocks must be opened in the order in which they came. */
export class HeaderInflater {
  #window: Buffer = DICTIONARY;
  #begun = false;

  open(block: Buffer): Headers | Fault<HeadersFault> {
    if (!this.#begun && !isZlibHead(block)) return corrupt('do not begin as zlib with the SPDY dictionary');
    const piece = this.#begun ? block : block.subarray(ZLIB_HEAD);
    this.#begun = true;
    if (!piece.subarray(-4).equals(FLUSH)) return corrupt('do not end with a sync flush');
    const plain = inflate(piece, this.#window);
    if ('kind' in plain) return plain;
    this.#window = slide(this.#window, plain);
    return parseBlock(plain) ?? faulted('HEADERS_INVALID', 'the headers of a stream are malformed');
  }
}

export class HeaderDeflater {
  #window: Buffer = DICTIONARY;
  #begun = false;

  close(headers: Headers): Buffer {
    const plain = formatBlock(headers);
    const piece = deflateRawSync(plain, { dictionary: this.#window, finishFlush: constants.Z_SYNC_FLUSH });
    this.#window = slide(this.#window, plain);
    if (this.#begun) return piece;
    this.#begun = true;
    return Buffer.concat([HEAD, piece]);
  }
}

/** RFC 1950: method 8, a window of up to 32 KiB, a dictionary, a checksum; then the dictionary's own. */
function isZlibHead(block: Buffer): boolean {
  if (block.length < ZLIB_HEAD) return false;
  const method = block[0]!;
  const dictionary = (block[1]! & 0x20) !== 0;
  const valid = (method & 0x0f) === 8 && method >> 4 <= 7 && block.readUInt16BE(0) % 31 === 0;
  return valid && dictionary && block.readUInt32BE(2) === DICTIONARY_ID;
}

function inflate(piece: Buffer, window: Buffer): Buffer | Fault<HeadersFault> {
  try {
    // with `info`, the types do not know it, the result tells how much of the piece was read
    const { buffer, engine } = inflateRawSync(piece, {
      dictionary: window,
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: BLOCK_LIMIT,
      info: true,
    }) as unknown as { buffer: Buffer; engine: { bytesWritten: number } };
    return engine.bytesWritten === piece.length ? buffer : corrupt('go on after the end of their stream');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_BUFFER_TOO_LARGE')
      return corrupt('cannot be inflated');
    return faulted('HEADERS_TOO_LARGE', `the headers of a stream inflate to more than ${BLOCK_LIMIT} bytes`);
  }
}

function corrupt(how: string): Fault<HeadersFault> {
  return faulted('HEADERS_CORRUPT', `the headers of a stream ${how}`);
}

/** Null if it is no block to the last byte. */
function parseBlock(plain: Buffer): Headers | null {
  const headers = new Map<string, string>();
  let at = 4;
  const take = (): string | null => {
    if (at + 4 > plain.length) return null;
    const start = at + 4;
    const end = start + plain.readUInt32BE(at);
    if (end > plain.length) return null;
    at = end;
    return plain.toString('latin1', start, end);
  };
  if (plain.length < 4) return null;
  for (let left = plain.readUInt32BE(0); left > 0; left -= 1) {
    const name = take();
    const value = name === null ? null : take();
    if (name === null || value === null || !isName(name) || headers.has(name)) return null;
    headers.set(name, value);
  }
  return at === plain.length ? headers : null;
}

/** A token of HTTP in lower case, or one of SPDY's own with a colon before it. */
function isName(name: string): boolean {
  return /^:?[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name);
}

function formatBlock(headers: Headers): Buffer {
  const parts = [length(headers.size)];
  for (const [name, value] of headers) {
    parts.push(length(name.length), Buffer.from(name, 'latin1'));
    parts.push(length(value.length), Buffer.from(value, 'latin1'));
  }
  return Buffer.concat(parts);
}

function length(number: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return bytes;
}
