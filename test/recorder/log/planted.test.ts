/** What somebody has put into DATA in the place of a file of ours: opening ends, at once, with one line that says so. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { AuditLog } from '../../../recorder/log/audit-log.ts';
import { verifyClosed } from '../../../recorder/log/verification.ts';
import { ensureToken, readToken } from '../../../recorder/server/presence.ts';
import { lastOwner } from '../../../recorder/store/owner.ts';
import { PolicyFile, readPolicy } from '../../../sidecar/policy/policy-file.ts';
import { newData, output, sessionId, start } from './sample.ts';

/** Ways to be in the way. */
const PLANTS: Record<string, (path: string) => void> = {
  'a named pipe': (path) => execFileSync('mkfifo', [path]),
  'a directory': (path) => mkdirSync(path),
  'a link to a device that never ends': (path) => symlinkSync('/dev/zero', path),
  'a file without bounds': (path) => writeFileSync(path, Buffer.alloc(2 << 20, ' ')),
};

async function newLog(): Promise<string> {
  const data = newData();
  const log = await AuditLog.open({ data });
  await log.append(sessionId(1), [start(), output('hello')]);
  await log.close();
  return data;
}

for (const [what, plant] of Object.entries(PLANTS)) {
  for (const name of ['key', 'checkpoint']) {
    t.test(`${what} as ${name}: the log is not opened, and verify finds it`, async (t) => {
      const data = await newLog();
      rmSync(join(data, name));
      plant(join(data, name));
      const error = await AuditLog.open({ data }).catch((error) => error);
      t.match(error, {
        code: /^(STORE_FAILED|TOO_LARGE)$/,
        message: new RegExp(`${name} cannot be read: [^\n]+$`),
      });
      t.notMatch(error.message, /\bE[A-Z]{4,}\b/, 'in words');
      t.match(await verifyClosed(data), { ok: false });
      rmSync(join(data, name), { recursive: true });
    });
  }

  t.test(`${what} as owner: it is replaced, or refused in words`, async (t) => {
    const data = await newLog();
    plant(join(data, 'owner'));
    t.equal(await lastOwner(data), null);
    const opened = await AuditLog.open({ data }).catch((error) => error);
    if (opened instanceof AuditLog) await opened.close();
    else
      t.match(opened, {
        code: 'STORE_FAILED',
        message: /owner cannot be written or read: a directory is in/,
      });
  });

  t.test(`${what} as token: it lets nobody in`, async (t) => {
    const data = t.testdir();
    plant(join(data, 'token'));
    const token = await ensureToken(data).catch((error) => error);
    if (typeof token === 'string') t.equal(await readToken(data), token, 'it was replaced');
    else t.match(token, { code: /^(STORE_FAILED|TOO_LARGE)$/, message: /token cannot be/ });
  });

  t.test(`${what} as policy.yaml: it is refused in words`, async (t) => {
    const path = join(t.testdir(), 'policy.yaml');
    plant(path);
    for (const read of [() => readPolicy(path), () => PolicyFile.open(path)]) {
      const error = await read().catch((error) => error);
      t.match(error, { code: /^(NOT_FOUND|POLICY_INVALID)$/, message: /^[^\n]*policy.yaml[^\n]*$/ });
      t.notMatch(error.message, /\bE[A-Z]{4,}\b/);
    }
  });
}

t.test('a named pipe among the files of the store', async (t) => {
  for (const name of ['CURRENT', '999999.log']) {
    const data = await newLog();
    rmSync(join(data, 'log', name), { force: true });
    execFileSync('mkfifo', [join(data, 'log', name)]);
    await t.rejects(AuditLog.open({ data }), { code: 'STORE_FAILED', message: /a named pipe/ }, name);
    await t.rejects(verifyClosed(data), { code: 'STORE_FAILED', message: /a named pipe/ }, name);
  }
});

t.test('a data directory where none can be made, in one line', async (t) => {
  const data = existsSync('/proc/self') ? '/proc/chaperone-nope' : join(t.testdir({ file: '' }), 'file');
  await t.rejects(AuditLog.open({ data }), { code: 'STORE_FAILED', message: /^the directory [^\n]+$/ });
  await t.rejects(PolicyFile.open(join(data, 'policy.yaml')), { message: /^the directory [^\n]+$/ });
});

t.test('opening writes through no link, and removes what a killed process left half written', async (t) => {
  const data = t.testdir({ victim: 'theirs' });
  const victim = join(data, 'victim');
  for (const name of ['owner', 'checkpoint', 'key', 'key.pub', 'token'])
    symlinkSync(victim, join(data, `${name}.new`));
  writeFileSync(join(data, 'checkpoint.0123456789abcdef.new'), 'half');
  const log = await AuditLog.open({ data });
  await ensureToken(data);
  await log.close();
  t.equal(readFileSync(victim, 'utf8'), 'theirs');
  t.notOk(readdirSync(data).includes('checkpoint.0123456789abcdef.new'));
});
