/** What a real sqlite3 changes was told: pieces of SQL in any order, with quotes and comments that may or may not hide them. */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { needs } from '../../../../tool.ts';
import { capabilities } from '../intents.ts';

const SEED = 20261122;
const RUNS = process.env.CHAPERONE_LONG === undefined ? 80 : 3000;
const PIECES = [
  ...[
    'select 1',
    ' from t',
    ' where a = ',
    "'",
    "''",
    '"',
    '`',
    '[',
    ']',
    ';',
    '\n',
    '--',
    '/*',
    '*/',
    ' ',
    '(',
    ')',
  ],
  ...[
    'insert into t values (2)',
    'delete from t',
    'drop table t',
    'create table u (b)',
    'update t set a = 3',
    'with x as (select 1) ',
  ],
  ...[
    'replace into t values (4)',
    "replace('a', 'b', 'c')",
    'begin',
    'commit',
    'explain ',
    'pragma user_version',
    ' = 5',
    'a',
    'max(a)',
  ],
  ...[
    '.tables',
    '.mode list',
    'values (1)',
    ',',
    '\\',
    "select 'x'",
    'alter table t add c',
    'vacuum',
    'select * from t',
  ],
];

t.test('sqlite3', async (t) => {
  if (!needs(t, 'sqlite3')) return;
  const home = mkdtempSync(join(tmpdir(), 'chaperone-sqlite-'));
  t.teardown(() => rmSync(home, { recursive: true, force: true }));
  const [fresh, used] = [join(home, 'fresh'), join(home, 'used')];
  execFileSync('sqlite3', [fresh, 'create table t (a); insert into t values (1)']);
  const state = () => execFileSync('sqlite3', [used, '.dump', 'pragma user_version'], { encoding: 'utf8' });
  copyFileSync(fresh, used);
  const before = state();
  let changes = 0;
  let reads = 0;
  const run = fc.property(fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 8 }), (pieces) => {
    const sql = pieces.join('');
    copyFileSync(fresh, used);
    spawnSync('sqlite3', [used, sql], { cwd: home, stdio: 'ignore', timeout: 10_000 });
    const told = capabilities(`sqlite3 db '${sql.replaceAll("'", `'\\''`)}'`).includes('database-write');
    const changed = state() !== before;
    changes += Number(changed);
    reads += Number(!told);
    return told || !changed;
  });
  fc.assert(run, { seed: SEED, numRuns: RUNS });
  t.ok(changes > RUNS / 30, `${changes} changed something`);
  t.ok(reads > RUNS / 20, `${reads} were told to read`);
});
