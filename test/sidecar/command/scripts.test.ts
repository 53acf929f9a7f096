/** Real scripts of this machine: what bash accepts is understood, or unknown, never quietly empty. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parse } from 'unbash';
import { analyse } from '../../../sidecar/command/analyse.ts';
import { needs } from '../../tool.ts';

const PLACES = [
  '/etc/init.d',
  '/usr/bin',
  '/usr/sbin',
  '/var/lib/dpkg/info',
  '/usr/share',
  '/usr/lib',
  '/etc',
];
const MOST = process.env.CHAPERONE_LONG ? 5000 : 250;

/** Shell scripts below a few directories of the system, each once, in the order of their names. */
function scripts(): string[] {
  const found: string[] = [];
  const seen = new Set<string>();
  // Many names are links.
  const isNew = ({ dev, ino }: Stats) => seen.size < seen.add(`${dev} ${ino}`).size;
  const search = (directory: string, depth: number) => {
    let names: string[];
    try {
      names = readdirSync(directory).sort();
    } catch {
      return;
    }
    for (const name of names) {
      if (found.length >= MOST) return;
      const path = join(directory, name);
      const stats = statSync(path, { throwIfNoEntry: false });
      if (stats?.isDirectory() && depth > 0) search(path, depth - 1);
      else if (stats?.isFile() && stats.size < 60_000 && isShell(path) && isNew(stats)) found.push(path);
    }
  };
  for (const place of PLACES) search(place, place === '/usr/share' || place === '/usr/lib' ? 3 : 1);
  return found;
}

function isShell(path: string): boolean {
  try {
    return /^#! ?\/(usr\/)?bin\/(env )?(ba|da)?sh\b/.test(readFileSync(path, 'latin1').slice(0, 64));
  } catch {
    return false;
  }
}

t.test('scripts that bash accepts', async (t) => {
  if (!needs(t, 'bash')) return;
  const paths = scripts();
  const silent: string[] = [];
  const notRead: string[] = [];
  for (const path of paths) {
    const text = readFileSync(path, 'utf8');
    const { commands, unknown } = analyse(text, { cwd: '/' });
    const meant = text.split('\n').some((line) => /^\s*[a-z/]+ /.test(line) && !line.includes('()'));
    if (commands.length === 0 && unknown.length === 0 && meant) silent.push(path);
    const errors = unknown.filter(({ code }) => code === 'syntax' || code === 'limit');
    if (errors.length > 0) notRead.push(`${path}: ${errors[0]!.message}: ${errors[0]!.text.slice(0, 60)}`);
  }
  t.strictSame(silent, [], 'none comes out empty');
  const accepted = notRead.filter((entry) => spawnSync('bash', ['-n', entry.split(':')[0]!]).status === 0);
  t.ok(
    accepted.length <= paths.length / 100,
    `${accepted.length} of ${paths.length} accepted by bash are unknown: ${accepted.join(' · ')}`,
  );
});

t.test('every call of a program that the parser sees is found, whatever stands around it', async (t) => {
  const paths = scripts().slice(0, 100);
  for (const path of paths) {
    const text = readFileSync(path, 'utf8');
    if (parse(text).errors?.length) continue;
    // Statements at the top level, found without our walk.
    const names = parse(text).commands.flatMap(({ command }) =>
      command.type === 'Command' && command.name && /^[a-z]+$/.test(command.name.text)
        ? [command.name.text]
        : [],
    );
    const { commands, unknown } = analyse(text, { cwd: '/' });
    if (unknown.some(({ code }) => code === 'limit')) continue;
    const programs = new Set(commands.map(({ program }) => program));
    t.strictSame(
      names.filter((name) => !programs.has(name)),
      [],
      path,
    );
  }
});
