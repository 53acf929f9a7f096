/** The files of a judgement, with the one script that the launcher has told of: the shell's own file system may be seen from there alone. */
import type { ClusterChoice, FileView, Standing } from '../command/files/file-view.ts';

export class ToldScript implements FileView {
  readonly #files: FileView | null;
  readonly #path: string;
  readonly #text: string;

  /** @param files what can be seen besides; null for nothing */
  constructor(files: FileView | null, path: string, text: string) {
    this.#files = files;
    this.#path = path;
    this.#text = text;
  }

  get exhausted(): boolean {
    return this.#files?.exhausted ?? false;
  }

  follow(path: string, last: boolean): string | null {
    return this.#files === null ? path : this.#files.follow(path, last);
  }

  find(name: string, search: string): string | null {
    return this.#files?.find(name, search) ?? null;
  }

  standing(path: string): Standing {
    return this.#files?.standing(path) ?? { kind: 'named' };
  }

  text(path: string): string | null {
    return path === this.#path ? this.#text : (this.#files?.text(path) ?? null);
  }

  namespace(choice: ClusterChoice): string | null {
    return this.#files?.namespace(choice) ?? null;
  }
}
