/** Attempts to take the hooks away, in real shells, under the policy that ships: refused, and the guard still stands. */
import t from 'tap';
import { needs } from '../../tool.ts';
import { guarded, PROMPT } from './guarded.ts';
import { bodies } from './recorded.ts';

const BASH = [
  'trap - DEBUG',
  "trap '' DEBUG",
  'trap DEBUG',
  'trap - SIGDEBUG',
  'trap -- - DEBUG',
  "trap 'true' debug",
  'builtin trap - DEBUG',
  'command trap - DEBUG',
  'eval "trap - DEBUG"',
  'f() { trap - DEBUG; }; f',
  'shopt -u extdebug',
  'set +T',
  'set +o functrace',
  'unset -f __chaperone_debug',
  '__chaperone_debug() { return 0; }',
  'function __chaperone_ask { __chaperone_reply=x; }',
  '__chaperone_answer=x',
  '__chaperone_prompted=1',
  'declare __chaperone_called=x',
  'printf -v __chaperone_called x',
  'exec bash --norc',
  'exec bash',
  'exec env bash',
  'exec -a x bash -i',
  'enable -n trap',
];

const ZSH = [
  'trap - DEBUG',
  "trap '' DEBUG",
  'unfunction TRAPDEBUG',
  'unset -f TRAPDEBUG',
  'TRAPDEBUG() { return 0 }',
  'function TRAPDEBUG { return 0 }',
  'unsetopt debug_before_cmd',
  'setopt no_debug_before_cmd',
  'setopt NODEBUGBEFORECMD',
  'set +o debugbeforecmd',
  'disable -f TRAPDEBUG',
  'functions[TRAPDEBUG]=true',
  'functions["TRAP"DEBUG]=true',
  'unset "functions[TRAPDEBUG]"',
  'typeset "functions[__chaperone_judge]=true"',
  'print -v "functions[TRAPDEBUG]" true',
  'functions=()',
  'unset functions',
  'options[debugbeforecmd]=off',
  'options[DEBUG_BEFORE_CMD]=off',
  'options=(debugbeforecmd off)',
  "unfunction -m '*'",
  "unset -fm 'TRAP*'",
  "disable -fm '__ch*'",
  "unhash -fm '[_T]*'",
  '__chaperone_judge() { return 0 }',
  '__chaperone_routine=()',
  'exec zsh -f',
  'exec bash --norc',
];

/** What no rule sees lasts for its own line: the hook is put back before the next. */
const HEALED = {
  bash: ['t=trap; $t - DEBUG', 'o=-u; shopt $o extdebug', 'o=+T; set $o'],
  zsh: ['f=unfunction; $f TRAPDEBUG', 'o=no_debug_before_cmd; setopt $o'],
} as const;

for (const [name, attempts] of [
  ['bash', BASH],
  ['zsh', ZSH],
] as const) {
  t.test(`${name}: the guard stays`, async (t) => {
    if (!needs(t, name)) return;
    const shell = await guarded(t, { request: { kind: 'shell', shell: name }, shipped: true });
    const { typist } = shell;
    await typist.sees(PROMPT);
    for (const attempt of attempts) {
      const { shown, status } = await typist.line(attempt);
      t.match(shown, /chaperone: refused by builtin\/|readonly function/, attempt);
      t.not(status, 0, `${attempt}: status`);
      const guard = await typist.line('mkfs.ext4 /dev/null-and-void');
      t.match(guard.shown, /chaperone: refused by baseline\/no-format/, `${attempt}: still guarded`);
    }
    const decided = await bodies(shell, 'command.decided');
    const refused = decided.filter(({ allowed }) => !allowed).map(({ line }) => line);
    t.equal(refused.filter((line) => line.startsWith('mkfs')).length, attempts.length, 'each is on record');
    for (const attempt of HEALED[name]) {
      await typist.line(attempt);
      const guard = await typist.line('mkfs.ext4 /dev/null-and-void');
      t.match(guard.shown, /chaperone: refused by baseline\/no-format/, `${attempt}: guarded again`);
    }
  });
}
