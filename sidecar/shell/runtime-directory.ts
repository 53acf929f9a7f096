/** The private directory of one guarded shell: its generated start-up files, which hold the channel's secret. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface RuntimeDirectory {
  path: string;
  write(name: string, text: string): Promise<string>;
  remove(): Promise<void>;
}

/** Made 0700 under `parent`, by default under $XDG_RUNTIME_DIR or the system's temporary directory. */
export async function makeRuntimeDirectory(parent?: string): Promise<RuntimeDirectory> {
  const path = await mkdtemp(join(parent ?? process.env.XDG_RUNTIME_DIR ?? tmpdir(), 'chaperone-'));
  return {
    path,
    async write(name, text) {
      const file = join(path, name);
      await writeFile(file, text, { mode: 0o600, flag: 'wx' });
      return file;
    },
    remove: () => rm(path, { recursive: true, force: true }),
  };
}
