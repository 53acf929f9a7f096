/**
 * Extended headers: `length key=value\n`, each. Pure.
 * https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html#tag_20_94_13_03
 */
import { safe } from './header.ts';
import { Malformed } from './malformed.ts';

export interface Extension {
  path?: string;
  size?: number;
}

/** @throws Malformed also for what says the same thing twice, and for files with holes */
export function readExtension(body: Buffer): Extension {
  const found = new Map<string, string>();
  for (let rest = body; rest.length > 0; ) {
    const blank = rest.subarray(0, 12).indexOf(0x20);
    const digits = rest.toString('latin1', 0, Math.max(blank, 0));
    const length = /^[1-9]\d*$/.test(digits) ? Number(digits) : 0;
    const equals = rest.indexOf(0x3d);
    if (length > rest.length || rest[length - 1] !== 0x0a || equals < blank || equals >= length)
      throw new Malformed('an extended header is broken');
    const key = rest.toString('utf8', blank + 1, equals);
    if (found.has(key))
      throw new Malformed(`an extended header says ${JSON.stringify(key.slice(0, 40))} twice`);
    found.set(key, rest.toString('utf8', equals + 1, length - 1));
    rest = rest.subarray(length);
  }
  if ([...found.keys()].some((key) => key.startsWith('GNU.sparse.')))
    throw new Malformed('it has a file with holes, which is not followed');
  return extensionOf(found.get('path'), found.get('size'));
}

function extensionOf(path: string | undefined, size: string | undefined): Extension {
  if (path?.includes('\0')) throw new Malformed('a path has a NUL in it');
  if (size !== undefined && !/^\d{1,16}$/.test(size)) throw new Malformed('a size is none');
  return { ...(path !== undefined && { path }), ...(size !== undefined && { size: safe(Number(size)) }) };
}
