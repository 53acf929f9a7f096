/** False alarms: the policy that ships with Chaperone against what agents do all day. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { parse } from 'yaml';
import type { Identity } from '../../../recorder/audit/event.ts';
import { analyse } from '../../../sidecar/command/analyse.ts';
import { decide } from '../../../sidecar/policy/decide.ts';
import { parsePolicies } from '../../../sidecar/policy/parse.ts';
import { PolicySet } from '../../../sidecar/policy/policy-set.ts';

const read = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');
const policies = new PolicySet(parsePolicies(read('../../../sidecar/policy/default.yaml'), 'default.yaml'));
const context = { cwd: '/home/user/project', home: '/home/user', workspace: '/home/user/project' };
const identity: Identity = { user: 'user', groups: [], proof: 'claimed' };

const corpus: Record<string, string[]> = parse(read('ordinary.yaml'));
const lines = Object.values(corpus).flat();
const decided = lines.map((line) => ({ line, ...decide(policies, analyse(line, context), identity) }));
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
  t.ok(asked.length <= lines.length / 10, `${share(asked)}: ${asked.map(({ line }) => line).join(' · ')}`);
});

t.test('few run unjudged', async (t) => {
  const unjudged = decided.filter((one) => one.unjudged);
  t.comment(`unjudged: ${share(unjudged)}`);
  t.ok(
    unjudged.length <= lines.length / 10,
    `${share(unjudged)}: ${unjudged.map(({ line }) => line).join(' · ')}`,
  );
});
