/**
 * The head of a member of a tar archive. Pure.
 * https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_06
 *
 *     0      100  108  116  124   136    148   156 157      257   263     265            345     500  512
 *     │ name │mode│uid │gid │size │mtime │chksum│t │linkname│magic│version│uname gname … │prefix │    │
 *
 * Strict: what two readers of archives could take for two things is a fault.
 */
import { Malformed } from './malformed.ts';

export const BLOCK = 512;

/** `name` and `meta` describe the member that follows; of a global one nothing is used. */
export type MemberType = 'file' | 'directory' | 'link' | 'other' | 'name' | 'link-name' | 'meta' | 'global';

export interface Header {
  type: MemberType;
  name: string;
  /** Bytes of content that follow. */
  size: number;
}

const TYPES: Readonly<Record<string, MemberType>> = {
  '\0': 'file',
  '0': 'file',
  '7': 'file',
  '1': 'link',
  '2': 'link',
  '3': 'other',
  '4': 'other',
  '5': 'directory',
  '6': 'other',
  L: 'name',
  K: 'link-name',
  x: 'meta',
  g: 'global',
};

/** @throws Malformed */
export function readHeader(block: Buffer): Header {
  checkSum(block);
  const type = TYPES[String.fromCharCode(block[156]!)];
  if (type === undefined) throw new Malformed('it has a member of a kind that is not copied');
  return { type, name: nameIn(block), size: size(block.subarray(124, 136)) };
}

/** Text up to the first NUL. */
export function textIn(field: Buffer): string {
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? field.length : end);
}

/** GNU's own format has other things where POSIX has the beginning of the name. */
function nameIn(block: Buffer): string {
  const name = textIn(block.subarray(0, 100));
  const isPosix = block.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = isPosix ? textIn(block.subarray(345, 500)) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

/** The field itself counts as blanks; old programs summed up signed bytes. */
function checkSum(block: Buffer): void {
  let unsigned = 0;
  let signed = 0;
  block.forEach((byte, place) => {
    const counted = place >= 148 && place < 156 ? 0x20 : byte;
    unsigned += counted;
    signed += (counted << 24) >> 24;
  });
  const sum = octal(block.subarray(148, 156));
  if (sum !== unsigned && sum !== signed) throw new Malformed('a head has a wrong sum');
}

/** Octal digits, or with the first bit set a number in base 256. */
function size(field: Buffer): number {
  if (field[0]! < 0x80) return octal(field);
  if (field[0] !== 0x80) throw new Malformed('a size is negative or too large');
  return safe(field.subarray(1).reduce((number, byte) => number * 256 + byte, 0));
}

function octal(field: Buffer): number {
  const [, digits] = /^ *([0-7]+)[ \0]*$/.exec(field.toString('latin1')) ?? [];
  if (digits === undefined) throw new Malformed('a number is none');
  return safe(Number.parseInt(digits, 8));
}

/** @throws Malformed */
export function safe(number: number): number {
  if (!Number.isSafeInteger(number)) throw new Malformed('a size is negative or too large');
  return number;
}
