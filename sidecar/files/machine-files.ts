/** The file system of this machine, as the analysis of commands is told of it. Synchronous and bounded: a judgement waits for it. */
import { lstatSync, readlinkSync, type Stats, statSync } from 'node:fs';
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import type { ClusterChoice, FileView, Standing } from '../command/files/file-view.ts';
import { isElf } from './build-id.ts';
import { follow } from './follow.ts';
import { namespaceIn } from './kube-namespace.ts';
import { readPart, readWhole } from './read-part.ts';
import { SystemPrograms } from './system-programs.ts';

/** For one judgement. */
const MAX_LOOKS = 1024;
/** A file system that hangs must not hold the shell for ever; a machine that is busy, or looks for the first time, is no reason to ask. */
const MAX_MS = 500;
const MAX_TEXT = 64 * 1024;
const MAX_TEXTS = 256 * 1024;
const MAX_KUBECONFIG = 256 * 1024;
const MAX_DIRECTORIES = 64;
const MAX_HOPS = 16;
const REMEMBERED = 64;
/** Enough to see what kind of file it is: the kernel reads 256 bytes for `#!`. */
const HEAD = 256;

export interface MachineFilesOptions {
  /** Directories that rules name: what lies below one is told below it, also where a link leads there. */
  roots?: readonly (string | undefined)[];
  programs?: SystemPrograms;
}

/** What is remembered between judgements holds as long as the files do not change. */
export class MachineFiles {
  readonly #programs: SystemPrograms;
  readonly #roots: readonly { real: string; named: string }[];
  /** By what it was read from. */
  readonly #namespaces = new Map<string, string | null>();

  constructor({ roots = [], programs = new SystemPrograms() }: MachineFilesOptions = {}) {
    this.#programs = programs;
    this.#roots = roots.flatMap((named) => {
      const real = named === undefined ? null : follow(named, true);
      return real === null || real === named || real === '/' ? [] : [{ real, named: named! }];
    });
  }

  /** For one judgement. */
  view(): FileView {
    return new View(this.#programs, this.#namespaces, (path) => this.#named(path));
  }

  #named(path: string): string {
    const root = this.#roots.find(({ real }) => path === real || path.startsWith(`${real}/`));
    return root === undefined ? path : root.named + path.slice(root.real.length);
  }
}

class View implements FileView {
  readonly #programs: SystemPrograms;
  readonly #namespaces: Map<string, string | null>;
  readonly #named: (path: string) => string;
  readonly #followed = new Map<string, string | null>();
  readonly #found = new Map<string, string | null>();
  readonly #standing = new Map<string, Standing>();
  #until = performance.now() + MAX_MS;
  #looks = 0;
  #texts = 0;
  #exhausted = false;

  constructor(
    programs: SystemPrograms,
    namespaces: Map<string, string | null>,
    named: (path: string) => string,
  ) {
    this.#programs = programs;
    this.#namespaces = namespaces;
    this.#named = named;
  }

  get exhausted(): boolean {
    return this.#exhausted;
  }

  follow(path: string, last: boolean): string | null {
    const key = `${last}${path}`;
    const known = this.#followed.get(key);
    if (known !== undefined) return known;
    if (!this.#affords()) return path;
    const found = follow(path, last);
    const named = found === null ? null : this.#named(found);
    this.#followed.set(key, named);
    return named;
  }

  find(name: string, search: string): string | null {
    const key = `${name}\0${search}`;
    const known = this.#found.get(key);
    if (known !== undefined) return known;
    const found = name === '' ? null : this.#search(name, search);
    this.#found.set(key, found);
    return found;
  }

  #search(name: string, search: string): string | null {
    for (const directory of search.split(delimiter).slice(0, MAX_DIRECTORIES)) {
      // What is relative is told as leading astray, and depends on the directory.
      if (!directory.startsWith('/')) continue;
      if (!this.#affords()) return null;
      const path = join(directory, name);
      if (isExecutable(path)) return path;
    }
    return null;
  }

  standing(path: string): Standing {
    const known = this.#standing.get(path);
    if (known !== undefined) return known;
    if (!this.#affords()) return { kind: 'named' };
    const found = this.#look(path);
    this.#standing.set(path, found);
    return found;
  }

  text(path: string): string | null {
    if (!this.#affords() || this.#texts >= MAX_TEXTS) return null;
    const text = readWhole(path, MAX_TEXT);
    this.#texts += text?.length ?? 0;
    return text;
  }

  namespace({ files, context }: ClusterChoice): string | null {
    const paths = (files ?? '').split(delimiter).filter((path) => path !== '');
    if (paths.length === 0 || paths.length > MAX_HOPS) return null;
    if (!this.#affords() || paths.some((path) => !path.startsWith('/'))) return null;
    const state = paths.map((path) => [path, versionOf(path)]);
    const key = JSON.stringify([context, state]);
    const known = this.#namespaces.get(key);
    if (known !== undefined) return known;
    const texts = state.flatMap(([path, version]) =>
      version === '' ? [] : [readWhole(path!, MAX_KUBECONFIG)],
    );
    const namespace = texts.includes(null) ? null : namespaceIn(texts as string[], context);
    if (this.#namespaces.size >= REMEMBERED) this.#namespaces.clear();
    this.#namespaces.set(key, namespace);
    return namespace;
  }

  #look(path: string): Standing {
    const stats = statOf(path);
    if (stats === null) return { kind: 'hidden' };
    if (!stats?.isFile()) return { kind: 'named' };
    const programs = this.#programs;
    if (programs.holds(path)) {
      const link = lstatSync(path, { throwIfNoEntry: false });
      if (link !== undefined && programs.came(link) && programs.came(stats)) return { kind: 'named' };
    }
    const hops = hopsOf(path).filter((hop) => programs.holds(hop));
    if (hops.length > 0)
      return { kind: 'known', paths: [...new Map(hops.map((hop) => [basename(hop), hop])).values()] };
    const copied = this.#copied(path, stats);
    if (copied.length > 0) return { kind: 'known', paths: copied };
    return this.#contents(path, stats);
  }

  /** What is read of the system once is not on this line's account. */
  #copied(path: string, stats: Stats): readonly string[] {
    const start = performance.now();
    const copied = this.#programs.copiedBy(path, stats);
    this.#until += performance.now() - start;
    return copied;
  }

  #contents(path: string, { size }: Stats): Standing {
    const head = readPart(path, 0, HEAD);
    if (head === null) return { kind: 'hidden' };
    if (isElf(head) || size === 0) return { kind: 'named' };
    const shell = shellOf(head);
    return shell === null ? { kind: 'named' } : { kind: 'script', shell, text: this.text(path) };
  }

  #affords(): boolean {
    this.#exhausted ||= ++this.#looks > MAX_LOOKS || performance.now() > this.#until;
    return !this.#exhausted;
  }
}

/**
 * The program that interprets a text: as its first line says, or the shell that starts it where there is none such. Null
 * for what is no text. execve(2), and "Command Search and Execution" of the shells.
 */
function shellOf(head: Buffer): string | null {
  const line = head.toString('latin1').split('\n', 1)[0]!;
  if (line.startsWith('#!')) {
    const [interpreter = '', ...words] = line.slice(2).trim().split(/\s+/);
    if (basename(interpreter) !== 'env') return basename(interpreter);
    return basename(words.find((word) => !/^-|=/.test(word)) ?? 'env');
  }
  return line.includes('\0') ? null : 'sh';
}

/** The links in a row that `path` is the first of, without it, and what they lead to. */
function hopsOf(path: string): string[] {
  const hops: string[] = [];
  let at = path;
  try {
    for (let hop = 0; hop < MAX_HOPS; hop++) {
      if (!lstatSync(at).isSymbolicLink()) break;
      at = resolve(dirname(at), readlinkSync(at));
      hops.push(at);
    }
  } catch {
    // It is gone by now.
  }
  const real = follow(path, true);
  if (real !== null && real !== path && !hops.includes(real)) hops.push(real);
  return hops;
}

/** Another one where a file is another; empty where there is none. */
function versionOf(path: string): string {
  const stats = statOf(path);
  if (stats === undefined) return '';
  return stats === null
    ? 'hidden'
    : `${stats.dev} ${stats.ino} ${stats.size} ${stats.mtimeMs} ${stats.ctimeMs}`;
}

/** Undefined where there is nothing, null where it may not be looked at. */
function statOf(path: string): Stats | undefined | null {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOTDIR' || code === 'ELOOP' ? undefined : null;
  }
}

function isExecutable(path: string): boolean {
  const stats = statOf(path);
  return stats?.isFile() === true && (stats.mode & 0o111) !== 0;
}
