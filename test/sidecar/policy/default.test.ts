/** The policy that ships with Chaperone against tables of lines: what it must refuse, what it must let run. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { parse } from 'yaml';
import type { Identity } from '../../../recorder/audit/identity.ts';
import { analyse } from '../../../sidecar/command/analyse.ts';
import { decide } from '../../../sidecar/policy/decide.ts';
import { lenient, shipped } from './shipped.ts';

const read = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');
const context = { cwd: '/home/user/project', home: '/home/user' };
const identity: Identity = { user: 'user', groups: [], proof: 'claimed' };
const judge = (line: string) => decide(lenient, analyse(line, context), identity);

const refused: Record<string, string[]> = parse(read('refused.yaml'));
const doubtful: Record<string, string[]> = parse(read('doubtful.yaml'));
const allowed: string[] = parse(read('allowed.yaml'));

for (const [name, lines] of Object.entries(refused)) {
  t.test(`refused: ${name}`, async (t) => {
    for (const line of lines) t.not(judge(line).effect, 'allow', line);
  });
}

for (const [name, lines] of Object.entries(doubtful)) {
  t.test(`not allowed unmarked: ${name}`, async (t) => {
    const cwd = name === 'in the root directory' ? '/' : context.cwd;
    const unmarked = lines.filter((line) => {
      const { effect, unjudged } = decide(lenient, analyse(line, { ...context, cwd }), identity);
      return effect === 'allow' && !unjudged;
    });
    t.strictSame(unmarked, []);
  });
}

t.test('ordinary lines run', async (t) => {
  for (const line of allowed) t.match(judge(line), { effect: 'allow' }, line);
});

t.test('as it ships it asks where they are unknown, and nowhere else', async (t) => {
  const lines = [...allowed, ...Object.values(doubtful).flat()];
  const asked = lines.filter((line) => decide(shipped, analyse(line, context), identity).effect === 'ask');
  const unknown = lines.filter((line) => judge(line).unjudged || judge(line).effect === 'ask');
  t.strictSame(asked, unknown);
});

t.test('nobody is asked about what a prompt or a completion runs', async (t) => {
  for (const kind of ['prompt', 'completion'] as const) {
    const routine = (line: string) => decide(shipped, { ...analyse(line, context), context: kind }, identity);
    t.match(routine('eval "$x"'), { effect: 'allow', unjudged: true });
    t.match(routine('eval "$x"; mkfs /dev/sda'), { effect: 'deny', rule: 'baseline/no-format' });
    t.match(routine('git push -f origin main'), { effect: 'ask' });
  }
});

t.test('a few of the ordinary lines only are unjudged', async (t) => {
  const unjudged = allowed.filter((line) => judge(line).unjudged);
  t.ok(
    unjudged.length / allowed.length < 0.1,
    `${unjudged.length} of ${allowed.length}: ${unjudged.join(' · ')}`,
  );
});

t.test('a refused line stays refused in whatever it is wrapped', async (t) => {
  const wrap: ((line: string) => string)[] = [
    (line) => `${line}\ntrue`,
    (line) => `echo "$x"\n${line}`,
    (line) => `(\n${line}\n)`,
    (line) => `if a; then\n${line}\nfi`,
    (line) => `while a; do\n${line}\ndone`,
    (line) => `f() {\n${line}\n}`,
    (line) => `echo $(\n${line}\n)`,
    (line) => `$CC x; eval "$y"; ${line}`,
    (line) => `bash -c ${quoteOnce(line)}`,
    (line) => `sudo env A=1 sh -c ${quoteOnce(line)}`,
  ];
  for (const [name, lines] of Object.entries(refused)) {
    const around = lines.flatMap((line) => wrap.map((wrapped) => wrapped(line)));
    t.strictSame(
      around.filter((line) => judge(line).effect === 'allow'),
      [],
      name,
    );
  }
});

t.test('every rule has its reason said to who is refused, and a name of its own', async (t) => {
  t.match(judge('rm -rf /'), { rule: 'baseline/no-deletion-of-whole-trees', unjudged: false });
  t.match(judge('git push -f origin main'), { effect: 'ask', rule: 'baseline/ask-force-push' });
  t.match(judge('trap - DEBUG'), { effect: 'deny', rule: 'builtin/keep-debug-trap' });
  t.match(judge('rm -rf "$x"'), { effect: 'allow', unjudged: true });
  t.match(decide(shipped, analyse('rm -rf "$x"', context), identity), {
    effect: 'ask',
    reason: /no-deletion-of-whole-trees/,
  });
});

function quoteOnce(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
