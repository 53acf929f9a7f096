/**
 * Ways past a list of commands, one class a file in `bypass/`. Each line really does, in some shell, what the default
 * policy refuses: it is refused, or marked as not understood; never allowed in silence, even where the policy lets run what is unknown.
 */
import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { parse } from 'yaml';
import type { Identity } from '../../../recorder/audit/identity.ts';
import { analyse } from '../../../sidecar/command/analyse.ts';
import { decide } from '../../../sidecar/policy/decide.ts';
import { lenient } from './shipped.ts';

const read = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');
const context = { cwd: '/home/user/project', home: '/home/user', workspace: '/home/user/project' };
const identity: Identity = { user: 'user', groups: [], proof: 'claimed' };
const judge = (line: string) => decide(lenient, analyse(line, context), identity);

let all = 0;
let refused = 0;
for (const file of readdirSync(new URL('bypass/', import.meta.url)).sort()) {
  const text = read(`bypass/${file}`);
  const name = /^# Class: (.*)$/m.exec(text)?.[1];
  t.test(`${file}: ${name}`, async (t) => {
    t.type(name, 'string', 'the file names its class');
    const lines: string[] = parse(text);
    const silent = lines.filter((line) => {
      const { effect, unjudged } = judge(line);
      refused += Number(effect !== 'allow');
      return effect === 'allow' && !unjudged;
    });
    all += lines.length;
    t.strictSame(silent, []);
  });
}

t.test('at least 300 of them', async (t) => {
  t.comment(`${refused} of ${all} refused, the others marked`);
  t.ok(all >= 300, `${all}`);
});
