/**
 * `npm run bench [names…]`: every figure beside a peer measured in the same run. Prints a table, and exits 1
 * where a target was missed.
 */
import type { Row } from './row.ts';

const BENCHES: Record<string, () => Promise<{ run(): Promise<Row[]> }>> = {
  startup: () => import('./startup.ts'),
  command: () => import('./command.ts'),
  store: () => import('./store.ts'),
  'judged-command': () => import('./judged-command.ts'),
  pty: () => import('./pty.ts'),
  launcher: () => import('./launcher.ts'),
  replay: () => import('./replay.ts'),
  export: () => import('./export.ts'),
  ingest: () => import('./ingest.ts'),
  mask: () => import('./mask.ts'),
  'kube-proxy': () => import('./kube-proxy.ts'),
  exec: () => import('./exec.ts'),
  'policy-diff': () => import('./policy-diff.ts'),
  approvals: () => import('./approvals.ts'),
};

function format(row: Row): string {
  const value = `${row.value < 10 ? row.value.toFixed(3) : row.value.toFixed(1)} ${row.unit}`;
  const ratio = row.ratio === undefined ? '' : `×${row.ratio.toFixed(2)}`;
  const verdict = row.ok === undefined ? '' : row.ok ? 'reached' : 'MISSED';
  return `${row.name.padEnd(64)} ${value.padStart(16)} ${ratio.padStart(8)}  ${(row.target ?? '').padEnd(36)} ${verdict}\n`;
}

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(BENCHES, name));
if (unknown.length > 0) {
  process.stderr.write(`no benchmark ${unknown.join(', ')}: there are ${Object.keys(BENCHES).join(', ')}\n`);
  process.exit(2);
}
// Some measure the program as it is shipped.
const setup: { ensureBuild(): void } = await import(
  new URL('../../sidecar/cli/setup.mjs', import.meta.url).href
);
setup.ensureBuild();
for (const [name, load] of Object.entries(BENCHES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const { run } = await load();
  for (const row of await run()) {
    process.stdout.write(format(row));
    if (row.ok === false) process.exitCode = 1;
  }
}
