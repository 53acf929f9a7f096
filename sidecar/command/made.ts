/** Files and links that a line makes: what stands there later is not what the names in it say. */
import type { Touch } from '../action.ts';
import { basename } from '../match/path.ts';

/** Paths remembered; what a longer line makes is taken to be anything. */
const MOST = 64;

export class Made {
  readonly #paths: string[] = [];
  readonly #links: string[] = [];
  readonly #names = new Set<string>();

  note(program: string | null, touches: readonly Touch[]): void {
    for (const { role, path, certain } of touches) {
      if (role !== 'writes' || !certain || path.startsWith('/dev/')) continue;
      if (this.#paths.length < MOST) this.#paths.push(path);
      if (NAMERS.has(program ?? '')) this.#names.add(basename(path));
      if (LINKERS.has(program ?? '') && this.#links.length < MOST) this.#links.push(path);
    }
  }

  /** Whether it is one of them, or lies below one. */
  covers(path: string): boolean {
    return this.#paths.length >= MOST || this.#paths.some((made) => isBelow(path, made));
  }

  /** Whether a link or a copy has this name: it may lie where programs are looked for. */
  names(program: string): boolean {
    return this.#names.has(program);
  }

  /** Whether it leads through a link. */
  leads(path: string): boolean {
    return this.#links.length >= MOST || this.#links.some((made) => isBelow(path, made));
  }
}

const LINKERS = new Set(['ln', 'link', 'mount']);
const NAMERS = new Set(['ln', 'link', 'cp', 'mv', 'install']);

function isBelow(path: string, place: string): boolean {
  return path === place || path.startsWith(`${place}/`);
}
