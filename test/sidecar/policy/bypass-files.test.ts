/**
 * Ways past a list of commands that only the file system tells of, one class a file in `bypass-files/`: real links, copies
 * and scripts in a directory of their own. Nothing of it is run. Each is refused, or marked as not understood.
 */
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import type { Identity } from '../../../recorder/audit/identity.ts';
import { analyse, type Context } from '../../../sidecar/command/analyse.ts';
import { MachineFiles } from '../../../sidecar/files/machine-files.ts';
import { decide } from '../../../sidecar/policy/decide.ts';
import { parsePolicies } from '../../../sidecar/policy/parse.ts';
import { PolicySet } from '../../../sidecar/policy/policy-set.ts';
import { temporaryDirectory } from '../../temporary.ts';
import { needs } from '../../tool.ts';

const read = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');
const policies = new PolicySet(parsePolicies(read('../../../sidecar/policy/default.yaml'), 'default.yaml'));
const identity: Identity = { user: 'user', groups: [], proof: 'claimed' };

const home = temporaryDirectory();
const place = join(home, 'project');
const here = (name: string) => join(place, name);
const machine = new MachineFiles({ roots: [place, home] });
const context = (): Context => ({
  cwd: place,
  home,
  workspace: place,
  environment: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', PWD: place },
  files: machine.view(),
});
const judge = (line: string) => decide(policies, analyse(line, context()), identity);

function script(name: string, text: string): void {
  writeFileSync(here(name), text, { mode: 0o755 });
}

mkdirSync(here('sub'), { recursive: true });
mkdirSync(join(home, '.ssh'));
writeFileSync(join(home, '.ssh/id_rsa'), 'a key');
for (const [name, target] of Object.entries({
  'to-rm': '/bin/rm',
  'to-to-rm': 'to-rm',
  'sub/to-rm': '../to-rm',
  'sub/ls': '/usr/bin/rm',
  'sub/up': '..',
  bin: '/bin',
  'to-bash': '/bin/bash',
  'to-root': '/',
  'to-to-root': 'to-root',
  'to-key': '../.ssh/id_rsa',
  'to-ssh': join(home, '.ssh'),
  'to-cron': '/etc/crontab',
  'to-cron-d': '/etc/cron.d',
  'to-disk': '/dev',
  'to-script': 'script-of-rm',
  'to-harmless': 'harmless',
}))
  symlinkSync(target, here(name));
for (const [name, from] of Object.entries({
  'copy-of-rm': '/bin/rm',
  'sub/cp': '/bin/rm',
  'copy-of-bash': '/bin/bash',
  'longer-rm': '/bin/rm',
}))
  copyFileSync(from, here(name));
appendFileSync(here('longer-rm'), 'and a line behind its end\n');
linkSync(here('copy-of-rm'), here('hard-rm'));
script('script-of-rm', '#!/bin/bash\nset -e\nrm -rf /\n');
script('of-env', '#!/usr/bin/env -S bash -e\nrm -rf /\n');
script('without-head', 'rm -rf /\n');
script('takes-arguments', '#!/bin/sh\nrm -rf "$1"\n');
script('starts-script-of-rm', './script-of-rm\n');
script('computes', '#!/bin/sh\n"$CC" "$@"\nrm -rf "$BUILD"\neval "$x"\n');
script('endless', `#!/bin/sh\n${'a;'.repeat(5000)}\n`);
script('harmless', '#!/bin/sh\nls\n');
script('long', `#!/bin/sh\n${'echo padding\n'.repeat(6000)}rm -rf /\n`);
// Root reads everything: only where others run the tests is it what it is called.
script('unreadable', '#!/bin/sh\nrm -rf /\n');
chmodSync(here('unreadable'), 0o111);

for (const file of readdirSync(new URL('bypass-files/', import.meta.url)).sort()) {
  const text = read(`bypass-files/${file}`);
  const name = /^# Class: (.*)$/m.exec(text)?.[1];
  t.test(`${file}: ${name}`, async (t) => {
    if (!needs(t, 'bash')) return;
    t.type(name, 'string', 'the file names its class');
    const silent = (parse(text) as string[]).filter((line) => {
      const { effect, unjudged } = judge(line);
      return effect === 'allow' && !unjudged;
    });
    t.strictSame(silent, []);
  });
}

t.test('what has not been disguised runs, and is understood', async (t) => {
  const lines = [
    'ls -la',
    './harmless',
    'sh harmless && ls',
    'source harmless',
    'rm -rf to-root', // the link alone
    'rm to-key',
    'cat harmless | head -n 5',
    'cat sub/up/harmless',
    "echo 'echo hello' > new.sh; sh new.sh",
    'cp harmless other && cat other',
    'python3 missing.py',
    './no-such-program',
    'cd sub && ls ..',
    'find . -name "*.ts"',
    'rm -rf sub/../node_modules',
  ];
  for (const line of lines) t.match(judge(line), { effect: 'allow', unjudged: false }, line);
});

t.test('ordinary lines are decided as where no file can be seen', async (t) => {
  const lines = Object.values(parse(read('ordinary.yaml')) as Record<string, string[]>).flat();
  const { files: _, ...blind } = context();
  const other = lines.filter((line) => {
    const before = decide(policies, analyse(line, blind), identity);
    const { effect, unjudged } = judge(line);
    return effect !== before.effect || unjudged !== before.unjudged;
  });
  t.strictSame(other, []);
});

t.test('of a script that is executed as a program only what it certainly does counts', async (t) => {
  t.match(judge('./computes'), { effect: 'allow', unjudged: false }, 'as any program');
  t.not(judge('bash computes').effect, 'allow', 'code that is given to a shell is understood, or not');
  t.not(judge('./computes; $x -rf /').effect, 'allow', 'what stands beside it');
  t.not(judge("echo '$1 -rf /' > new; ./new rm").effect, 'allow', 'what the line itself has written');
  t.not(judge('./endless').effect, 'allow', 'what exhausts the analysis');
});

t.test('where it runs elsewhere nothing here is looked up', async (t) => {
  const { commands } = analyse('kubectl exec pod -- ./to-rm x', context());
  t.strictSame(
    commands.map(({ program }) => program),
    ['kubectl', 'to-rm'],
  );
  t.equal(commands[1]!.path, undefined);
});

t.test('a command says which file it is, links followed', async (t) => {
  const { commands } = analyse('./to-to-rm x; ls; cd sub', context());
  t.strictSame(
    commands.map(({ program, path }) => [program, path]),
    [
      ['to-to-rm', '/usr/bin/rm'],
      ['rm', '/usr/bin/rm'],
      ['ls', '/usr/bin/ls'],
      ['cd', undefined],
    ],
  );
});
