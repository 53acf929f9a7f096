/** False alarms: the policy that ships with Chaperone against what agents do all day. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { parse } from 'yaml';
import type { Identity } from '../../../recorder/audit/identity.ts';
import { analyse } from '../../../sidecar/command/analyse.ts';
import { decide } from '../../../sidecar/policy/decide.ts';
import { lenient, shipped } from './shipped.ts';

const read = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');
const context = { cwd: '/home/user/project', home: '/home/user', workspace: '/home/user/project' };
const identity: Identity = { user: 'user', groups: [], proof: 'claimed' };

const corpus: Record<string, string[]> = parse(read('ordinary.yaml'));
const lines = Object.values(corpus).flat();
const decided = lines.map((line) => ({ line, ...decide(shipped, analyse(line, context), identity) }));
const share = (some: readonly unknown[]) => `${some.length} of ${lines.length}`;

t.test('at least 300 ordinary lines, each once', async (t) => {
  t.ok(lines.length >= 300, `${lines.length}`);
  t.equal(new Set(lines).size, lines.length);
});

t.test('none is refused', async (t) => {
  t.strictSame(
    decided.filter(({ effect }) => effect === 'deny').map(({ line, rule }) => `${line} (${rule})`),
    [],
  );
});

t.test('for at most one in ten a person is asked', async (t) => {
  const asked = decided.filter(({ effect }) => effect === 'ask');
  t.comment(`asked: ${share(asked)}`);
  t.ok(asked.length <= lines.length / 10, `${share(asked)}: ${asked.map(({ line }) => line).join(' · ')}`);
});

t.test('nobody is asked where the policy lets run what is unknown', async (t) => {
  const asked = lines.filter((line) => decide(lenient, analyse(line, context), identity).effect !== 'allow');
  t.strictSame(asked, []);
});
