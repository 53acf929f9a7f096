/** Where the built page is: beside the bundle, or in `dist` when run from the sources. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export function pageDirectory(): string | null {
  const candidates = ['./player', '../../dist/player'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  return candidates.find((path) => existsSync(`${path}/index.html`)) ?? null;
}
