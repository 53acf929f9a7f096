/** Verifying a backup that may not be written to: with a copy elsewhere, which is removed. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { AuditLog } from '../../../recorder/log/audit-log.ts';
import { output, sessionId, start } from './sample.ts';

/** Root may write anywhere, by the capability that capabilities(7) calls CAP_DAC_OVERRIDE: it is put down here. */
const PUT_DOWN = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override'] : [];
const VERIFICATION = new URL('../../../recorder/log/verification.ts', import.meta.url).href;
const PROGRAM = `
import { verifyClosed } from ${JSON.stringify(VERIFICATION)};
const report = await verifyClosed(process.argv[1]).catch(({ code, message }) => ({ code, message }));
process.stdout.write(JSON.stringify(report));`;

/** Leaves all of DATA for reading only. */
function writeProtect(path: string): void {
  const stats = statSync(path);
  if (stats.isDirectory()) for (const name of readdirSync(path)) writeProtect(join(path, name));
  chmodSync(path, stats.isDirectory() ? 0o555 : 0o400);
}

function unprotect(path: string): void {
  if (!statSync(path).isDirectory()) return;
  chmodSync(path, 0o700);
  for (const name of readdirSync(path)) unprotect(join(path, name));
}

function verify(data: string, temporary: string): Record<string, unknown> {
  const node = [process.execPath, '--input-type=module', '--eval', PROGRAM, data];
  const [command = '', ...args] = [...PUT_DOWN, ...node];
  const { stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    env: { ...process.env, TMPDIR: temporary, NODE_OPTIONS: '' },
  });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout);
}

t.test('a store that is read-only is verified, and nothing stays behind', async (t) => {
  const base = mkdtempSync(join(tmpdir(), 'chaperone-test-'));
  chmodSync(base, 0o755);
  const data = join(base, 'data');
  for (const part of [[start(), output('one')], [output('two')]]) {
    // The second opening makes a table of what the first one wrote.
    const log = await AuditLog.open({ data });
    await log.append(sessionId(1), part);
    await log.close();
  }
  t.ok(readdirSync(join(data, 'log')).some((name) => name.endsWith('.ldb')));
  const temporary = join(base, 'tmp');
  mkdirSync(temporary);
  chmodSync(temporary, 0o777);
  writeProtect(data);
  const before = readdirSync(join(data, 'log'));
  t.match(verify(data, temporary), { ok: true, size: 3, sessions: 1, problems: [] });
  t.same(readdirSync(temporary), []);
  t.same(readdirSync(join(data, 'log')), before);
  chmodSync(temporary, 0o555);
  t.match(verify(data, temporary), { code: 'STORE_FAILED', message: /^a copy of \S+ .*TMPDIR[^\n]+denied$/ });
  unprotect(data);
  rmSync(base, { recursive: true });
});
