/**
 * Reads a tar archive as it passes: what is in it, without keeping it. Pure.
 *
 *     head (512) │ content, padded to blocks │ head │ … │ two empty blocks │ zeros
 */
import { createHash, type Hash } from 'node:crypto';
import { BLOCK, type Header, type MemberType, readHeader, textIn } from './header.ts';
import { Malformed } from './malformed.ts';
import { type Extension, readExtension } from './pax.ts';

/** Of a long name, or of an extended header. */
const META_LIMIT = 1 << 16;
const PATH_LIMIT = 4096;
/** Content that is handed out as well; as long as a value may be that is looked for. */
const SMALL = 8 * 1024;

export interface Member {
  path: string;
  kind: 'file' | 'directory' | 'link' | 'other';
  bytes: number;
  /** Hex; of files only. */
  sha256?: string;
}

/** A member, and its content where it is a small file. */
export interface Passed {
  member: Member;
  content: Buffer | null;
}

/** The member that is being read. */
interface Current {
  header: Header;
  /** Bytes of its content that are still to come, and of padding behind it. */
  left: number;
  padding: number;
  hash: Hash | null;
  /** What is kept of it. */
  content: Buffer[];
}

export class TarReader {
  #block = Buffer.alloc(0);
  #current: Current | null = null;
  #extension: Extension = {};
  #longName: string | null = null;
  /** Empty blocks at the end. */
  #empty = 0;

  /** The members of which the last byte is in `bytes`, in order. @throws Malformed; nothing may pass after that */
  push(bytes: Buffer): Passed[] {
    const members: Passed[] = [];
    for (let rest = bytes; rest.length > 0; ) {
      const taken = this.#current === null ? this.#takeHead(rest, members) : this.#takeContent(rest, members);
      rest = rest.subarray(taken);
    }
    return members;
  }

  /** Where the archive breaks off within a file: as much of it as passed. */
  partial(): Passed | null {
    if (this.#current === null || this.#current.left === 0 || !isMember(this.#current.header.type))
      return null;
    const { header, left } = this.#current;
    const { member, content } = this.#passed(this.#current, header.type as Member['kind']);
    return { member: { ...member, bytes: header.size - left }, content };
  }

  #takeHead(bytes: Buffer, members: Passed[]): number {
    const taken = bytes.subarray(0, BLOCK - this.#block.length);
    this.#block = Buffer.concat([this.#block, taken]);
    if (this.#block.length < BLOCK) return taken.length;
    const block = this.#block;
    this.#block = Buffer.alloc(0);
    if (block.every((byte) => byte === 0)) {
      if (this.#hasPrelude()) throw new Malformed('it ends where a member has to follow');
      this.#empty += 1;
    } else if (this.#empty > 0) throw new Malformed('something follows its end');
    else this.#begin(readHeader(block), members);
    return taken.length;
  }

  #begin(read: Header, members: Passed[]): void {
    const header = isMember(read.type) ? this.#completed(read) : read;
    const { type, size } = header;
    const isPrelude = type !== 'file' && !(isMember(type) && size === 0);
    if (isMember(type) && isPrelude) throw new Malformed('a member that is no file has content');
    if (!isMember(type) && size > META_LIMIT) throw new Malformed('a name or an extended header is too long');
    this.#current = {
      header,
      left: size,
      padding: (BLOCK - (size % BLOCK)) % BLOCK,
      hash: type === 'file' ? createHash('sha256') : null,
      content: [],
    };
    if (size === 0) this.#finish(members);
  }

  /** With what the members before said about it. */
  #completed(header: Header): Header {
    const { path, size = header.size } = this.#extension;
    if (path !== undefined && this.#longName !== null) throw new Malformed('a member has two names');
    const name = this.#longName ?? path ?? header.name;
    this.#extension = {};
    this.#longName = null;
    if (name === '' || Buffer.byteLength(name) > PATH_LIMIT)
      throw new Malformed('a name is empty or too long');
    // Before there was a kind for them, directories were files whose names end in a slash.
    const type = header.type === 'file' && name.endsWith('/') ? 'directory' : header.type;
    return { type, name, size };
  }

  #takeContent(bytes: Buffer, members: Passed[]): number {
    const current = this.#current!;
    const content = bytes.subarray(0, current.left);
    if (content.length > 0) {
      current.left -= content.length;
      current.hash?.update(content);
      if (isKept(current.header)) current.content.push(Buffer.from(content));
      if (current.left === 0) this.#finish(members);
    }
    const padding = Math.min(bytes.length - content.length, current.padding);
    current.padding -= padding;
    if (current.left === 0 && current.padding === 0) this.#current = null;
    return content.length + padding;
  }

  /** All of its content is there. */
  #finish(members: Passed[]): void {
    const current = this.#current!;
    const { type } = current.header;
    if (isMember(type)) members.push(this.#passed(current, type));
    else this.#takeMeta(type, Buffer.concat(current.content));
    if (current.padding === 0) this.#current = null;
  }

  #takeMeta(type: 'name' | 'link-name' | 'meta' | 'global', body: Buffer): void {
    switch (type) {
      case 'name':
        if (this.#longName !== null) throw new Malformed('a member has two names');
        this.#longName = textIn(body);
        return;
      case 'link-name':
        return;
      case 'meta':
        if (Object.keys(this.#extension).length > 0) throw new Malformed('a member has two extended headers');
        this.#extension = readExtension(body);
        return;
      case 'global':
        if (Object.keys(readExtension(body)).length > 0)
          throw new Malformed('a name or a size is given for all members at once');
    }
  }

  #passed({ header, hash, content }: Current, kind: Member['kind']): Passed {
    const member: Member = { path: header.name, kind, bytes: header.size };
    if (hash === null) return { member, content: null };
    const sha256 = hash.digest('hex');
    return { member: { ...member, sha256 }, content: isKept(header) ? Buffer.concat(content) : null };
  }

  #hasPrelude(): boolean {
    return this.#longName !== null || Object.keys(this.#extension).length > 0;
  }
}

function isKept({ type, size }: Header): boolean {
  return !isMember(type) || size <= SMALL;
}

function isMember(type: MemberType): type is Member['kind'] {
  return type === 'file' || type === 'directory' || type === 'link' || type === 'other';
}
