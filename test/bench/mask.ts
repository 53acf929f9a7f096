/** How fast output is looked through for values that must not be recorded, beside a plain search for one of them. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Marker } from '../../sidecar/mask/marker.ts';
import { Vault } from '../../sidecar/mask/vault.ts';
import type { Row } from './row.ts';

const TOTAL = 64_000_000;
const CHUNK = 32 * 1024;
const LIMITS = { values: 1000, bytes: 64 * 1024 };
/** MB/s, by how many values are known; the last is as many as may be. */
const TARGETS: Record<number, number> = { 0: 300, 3: 100, 100: 100, 1000: 0 };

const CORPORA: Record<string, string> = {
  'source text': readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'),
  'a coloured log': Array.from(
    { length: 20_000 },
    (_, line) =>
      `\x1b[32m2026-05-01T10:00:${line % 60}Z\x1b[0m INFO worker[${line % 31}]: took ${line % 977} ms\r\n`,
  ).join(''),
};

export async function run(): Promise<Row[]> {
  return Object.entries(CORPORA).flatMap(([name, text]) => {
    const corpus = repeated(Buffer.from(text));
    const value = secretOf(0);
    const peer = rate(corpus, (chunk) => chunk.includes(value));
    const rows = Object.entries(TARGETS).map(([count, target]): Row => {
      const known = vault(Number(count));
      const stream = known.stream();
      const speed = rate(corpus, (chunk) => stream.push(chunk));
      return {
        name: `mask ${name}, ${count} values known`,
        value: speed,
        unit: 'MB/s',
        ratio: speed / peer,
        ...(target > 0 && { target: `≥ ${target} MB/s`, ok: speed >= target }),
      };
    });
    return [{ name: `search ${name} for one value (Buffer.includes)`, value: peer, unit: 'MB/s' }, ...rows];
  });
}

function vault(values: number): Vault {
  const made = new Vault(new Marker(Buffer.alloc(32)), LIMITS);
  const all = Array.from({ length: values }, (_, place) => Buffer.from(secretOf(place)));
  made.learn(all, { record: true, agent: false, minLength: 8 });
  made.known();
  return made;
}

/** As passwords and tokens are: 22 characters that nobody would guess, and the same in every run. */
function secretOf(place: number): string {
  return createHash('md5').update(`${place}`).digest('base64url');
}

function repeated(text: Buffer): Buffer {
  return Buffer.concat(Array.from({ length: Math.ceil(TOTAL / text.length) }, () => text)).subarray(0, TOTAL);
}

function rate(corpus: Buffer, work: (chunk: Buffer) => unknown): number {
  const pass = () => {
    for (let at = 0; at < corpus.length; at += CHUNK) work(corpus.subarray(at, at + CHUNK));
  };
  pass();
  const started = performance.now();
  pass();
  return corpus.length / 1000 / (performance.now() - started);
}
