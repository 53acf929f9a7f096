/**
 * The programs of the system, by what is in them: so that a copy, a hard link or a link by another name is known for what
 * it is. Read when it is first needed; directories that changed since are read again.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, realpathSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { buildIdOf, isElf } from './build-id.ts';
import { readPart } from './read-part.ts';

const DIRECTORIES = ['/bin', '/sbin', '/usr/bin', '/usr/sbin', '/usr/local/bin', '/usr/local/sbin'];
/** Programs that are remembered; a system has one or two thousand. */
const MAX_PROGRAMS = 16_384;
/** What may stand behind the end of a copy that is still known for one. */
const MAX_APPENDED = 256 * 1024;
/** Files whose build ID is read to know one other file. */
const MAX_COMPARED = 512;
/** Of each of the parts by which two files of one size are compared. */
const SAMPLE = 64 * 1024;
const HEAD = 4096;
const REMEMBERED = 4096;

interface Program {
  path: string;
  size: number;
  inode: string;
}

interface Directory {
  path: string;
  changed: number;
  programs: readonly Program[];
}

export class SystemPrograms {
  readonly #directories = new Map<string, Directory>();
  readonly #places: ReadonlySet<string>;
  readonly #known = new Map<string, readonly string[]>();
  readonly #digests = new Map<string, string | null>();
  /** What is older came with the system. */
  readonly #since: number;

  /** @param since milliseconds since the epoch; by default when this system, or container, was started */
  constructor(since = startOfSystem(), directories: readonly string[] = DIRECTORIES) {
    this.#since = since;
    this.#places = new Set(directories.flatMap((path) => [path, real(path)]));
  }

  /** Whether a path is one of a program of the system. */
  holds(path: string): boolean {
    return this.#places.has(dirname(path));
  }

  /** Whether it came with the system, so that it is what its name says: nobody but root could have changed it, and root has not. */
  came({ uid, ctimeMs }: Stats): boolean {
    return uid === 0 && (process.getuid?.() !== 0 || ctimeMs < this.#since);
  }

  /** The programs whose copy a file is, or another name of which; empty where it is none of them. */
  copiedBy(path: string, stats: Stats): readonly string[] {
    const key = keyOf(stats);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const found = this.#search(path, stats);
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.set(key, found);
    return found;
  }

  #search(path: string, stats: Stats): readonly string[] {
    const programs = [...new Set([...this.#places].map(real))].flatMap((place) => this.#read(place));
    const inode = inodeOf(stats);
    const same = programs.filter((one) => one.inode === inode && basename(one.path) !== basename(path));
    if (same.length > 0) return same.map((one) => one.path);
    if (stats.size === 0) return [];
    const others = programs.filter((one) => one.inode !== inode);
    const digest = this.#digestOf(path, stats);
    const copies = others.filter(
      (one) => one.size === stats.size && digest !== null && this.#digest(one) === digest,
    );
    if (copies.length > 0) return copies.map((one) => one.path);
    const id = idOf(path);
    if (id === null) return [];
    const original = others
      .filter(({ size }) => size <= stats.size && size >= stats.size - MAX_APPENDED)
      .sort((a, b) => b.size - a.size)
      .slice(0, MAX_COMPARED)
      .find((one) => this.#id(one) === id);
    return original === undefined ? [] : [original.path];
  }

  #read(path: string): readonly Program[] {
    const changed = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    if (changed === undefined) return [];
    const read = this.#directories.get(path);
    if (read?.changed === changed) return read.programs;
    const programs = programsIn(path);
    this.#directories.set(path, { path, changed, programs });
    // Another program may be what was not known.
    this.#known.clear();
    return programs;
  }

  #digest({ path, inode, size }: Program): string | null {
    return this.#remember(`digest ${inode} ${size}`, () => sampled(path, size));
  }

  #digestOf(path: string, stats: Stats): string | null {
    return this.#remember(`digest ${keyOf(stats)}`, () => sampled(path, stats.size));
  }

  #id({ path, inode }: Program): string | null {
    return this.#remember(`id ${inode}`, () => idOf(path));
  }

  #remember(key: string, make: () => string | null): string | null {
    const known = this.#digests.get(key);
    if (known !== undefined) return known;
    if (this.#digests.size >= REMEMBERED) this.#digests.clear();
    const made = make();
    this.#digests.set(key, made);
    return made;
  }
}

function programsIn(directory: string): readonly Program[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .slice(0, MAX_PROGRAMS)
      .flatMap(({ name }) => {
        const path = join(directory, name);
        const stats = statSync(path, { throwIfNoEntry: false });
        return stats === undefined ? [] : [{ path, size: stats.size, inode: inodeOf(stats) }];
      });
  } catch {
    return [];
  }
}

/** Beginning, middle and end: whatever differs elsewhere alone is a copy all the same. */
function sampled(path: string, size: number): string | null {
  const hash = createHash('sha256');
  for (const from of new Set([0, Math.max(0, (size >> 1) - SAMPLE / 2), Math.max(0, size - SAMPLE)])) {
    const part = readPart(path, from, SAMPLE);
    if (part === null) return null;
    hash.update(part);
  }
  return hash.digest('base64');
}

function idOf(path: string): string | null {
  const head = readPart(path, 0, HEAD);
  return head !== null && isElf(head) ? buildIdOf(head) : null;
}

function inodeOf({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}

function keyOf(stats: Stats): string {
  return `${inodeOf(stats)}:${stats.size}:${stats.mtimeMs}:${stats.ctimeMs}`;
}

function real(path: string): string {
  try {
    return realpathSync.native(path);
  } catch {
    return path;
  }
}

/** proc(5): `btime` of /proc/stat in seconds, and the first process's `starttime` in ticks of 10 ms after it. */
function startOfSystem(): number {
  try {
    const boot = /^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1];
    const first = readFileSync('/proc/1/stat', 'utf8');
    const ticks = first.slice(first.lastIndexOf(')') + 2).split(' ')[19];
    return Number(boot) * 1000 + Number(ticks) * 10;
  } catch {
    return 0;
  }
}
