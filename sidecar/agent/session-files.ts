/**
 * What the processes of a session are given in files, in a directory beside the socket (0700) that who sees the socket sees:
 *
 *     sessions/01J…/kubeconfig      leads to the API proxy, by a token of this session alone
 *     sessions/01J…/session.json    leads to its own requests for approval
 */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SessionId } from '../../recorder/audit/units.ts';

/** A session that goes on after a restart has come back by then. */
const LEFT_MS = 90_000;

export class SessionFiles {
  readonly #path: string;
  readonly #open = new Set<SessionId>();
  readonly #left: NodeJS.Timeout;

  private constructor(path: string, former: readonly string[]) {
    this.#path = path;
    this.#left = setTimeout(() => void this.#removeAll(former), LEFT_MS);
    this.#left.unref();
  }

  /** @param path of the directory; what former sessions have left in it goes unless they come back */
  static async open(path: string): Promise<SessionFiles> {
    await mkdir(path, { recursive: true, mode: 0o700 });
    return new SessionFiles(path, await readdir(path));
  }

  /** @returns its path */
  async write(session: SessionId, name: string, text: string): Promise<string> {
    this.#open.add(session);
    const directory = join(this.#path, session);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const file = join(directory, name);
    // Its own processes may write there: what they have put in its place is not followed.
    await rm(file, { force: true });
    await writeFile(file, text, { mode: 0o600, flag: 'wx' });
    return file;
  }

  async remove(session: SessionId): Promise<void> {
    if (this.#open.delete(session)) await this.#removeOne(session);
  }

  /** Those of sessions that go on stay. */
  close(): void {
    clearTimeout(this.#left);
  }

  async #removeAll(names: readonly string[]): Promise<void> {
    for (const name of names) if (!this.#open.has(name)) await this.#removeOne(name).catch(() => undefined);
  }

  #removeOne(name: string): Promise<void> {
    return rm(join(this.#path, name), { recursive: true, force: true });
  }
}
