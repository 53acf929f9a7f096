/** Files and links that a line makes: what stands there later is not what the names in it say. */
import type { Touch } from '../../action.ts';
import { basename, plainPath } from '../../match/path.ts';

/** Paths remembered; what a longer line makes is taken to be anything. */
const MOST = 64;

export class Made {
  readonly #paths: string[] = [];
  readonly #links: string[] = [];
  /** Directories below which files stand whose names are not known. */
  readonly #below: string[] = [];
  readonly #names = new Set<string>();
  /** What is in files that the line has written, where that is known, and when it was. */
  readonly #texts = new Map<string, { text: string; at: number }>();
  #clock = 0;

  note(program: string | null, touches: readonly Touch[]): void {
    for (const { role, path, certain, unnamed } of touches) {
      if (role === 'writes' || role === 'deletes') this.#forget(path);
      if (unnamed && this.#below.length < MOST) this.#below.push(path.replace(/\/\*\*$/, ''));
      if (role !== 'writes' || !certain || path.startsWith('/dev/')) continue;
      if (this.#paths.length < MOST) this.#paths.push(path);
      if (NAMERS.has(program ?? '')) this.#names.add(basename(path));
      if (LINKERS.has(program ?? '') && this.#links.length < MOST) this.#links.push(path);
    }
  }

  /** The content that a path has got by what was noted last. */
  wrote(path: string, text: string): void {
    if (this.#texts.size < MOST) this.#texts.set(path, { text, at: ++this.#clock });
  }

  /** Null where it is not known. */
  textOf(path: string): string | null {
    return this.#paths.length >= MOST || this.leads(path) ? null : (this.#texts.get(path)?.text ?? null);
  }

  /** To be given back to `forgetSince`. */
  get clock(): number {
    return this.#clock;
  }

  /** What was written from then on may not have been. */
  forgetSince(clock: number): void {
    for (const [path, { at }] of this.#texts) if (at > clock) this.#texts.delete(path);
  }

  /** Whether it is one of them, or lies below one. */
  covers(path: string): boolean {
    return this.#paths.length >= MOST || this.#paths.some((made) => isBelow(path, made));
  }

  /** Whether it may be one of those of which only an archive, or a server, tells the names. */
  mayCover(path: string): boolean {
    return this.#below.length >= MOST || this.#below.some((directory) => isBelow(path, directory));
  }

  /** Whether a link or a copy has this name: it may lie where programs are looked for. */
  names(program: string): boolean {
    return this.#names.has(program);
  }

  /** Whether it is one of them, lies below one, or has one below it. */
  meets(path: string): boolean {
    return this.covers(path) || this.#paths.some((made) => isBelow(made, path));
  }

  isEmpty(): boolean {
    return this.#paths.length === 0;
  }

  /** Whether it leads through a link. */
  leads(path: string): boolean {
    return this.#links.length >= MOST || this.#links.some((made) => isBelow(path, made));
  }

  #forget(path: string): void {
    if (this.#texts.size === 0) return;
    const plain = plainPath(path);
    if (plain === null) this.#texts.clear();
    else for (const one of this.#texts.keys()) if (isBelow(one, plain)) this.#texts.delete(one);
  }
}

const LINKERS = new Set(['ln', 'link', 'mount']);
const NAMERS = new Set(['ln', 'link', 'cp', 'mv', 'install']);

function isBelow(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`);
}
