/**
 * Rules that no policy can switch off: they keep the guarded shell guarded. To add one, add an entry.
 * What each shell needs is known to sidecar/shell: this list is where the two meet.
 */
import type { CommandAction, SimpleCommand } from '../action.ts';
import { shellStarts } from '../command/code/interactive.ts';
import { MAYBE, NO, some, type Tri, YES } from '../match/tri.ts';
import type { RuleHead } from './judgement.ts';

export interface BuiltinRule extends RuleHead {
  effect: 'deny';
  /** `builtin/…`. */
  name: string;
  /** The programs whose calls it is about; left out where it is about any. */
  programs?: ReadonlySet<string>;
  matches(command: SimpleCommand, action: Pick<CommandAction, 'shell' | 'input'>): Tri;
  /** Functions that may not be defined. */
  functions?: RegExp;
}

/** Names that belong to the hooks. */
const OWN = /^__chaperone/;
/** Names that zsh's hooks hang on. */
const ZSH_HOOKS = /^(preexec|precmd|chpwd|zshaddhistory)_functions$/;

const OWN_FUNCTION = /^(__chaperone.*|TRAPDEBUG)$/;

const OPTION_SETTERS = new Set(['shopt', 'set', 'unsetopt', 'setopt', 'emulate']);
const ZSH_HOOKERS = new Set(['zle', 'add-zsh-hook', 'add-zle-hook-widget']);

const HOOK = 'the guard of this shell may not be taken away';

const BUILTIN_RULES: readonly BuiltinRule[] = (
  [
    { name: 'builtin/keep-debug-trap', reason: HOOK, programs: new Set(['trap']), matches: setsDebugTrap },
    { name: 'builtin/keep-shell-options', reason: HOOK, programs: OPTION_SETTERS, matches: clearsOption },
    { name: 'builtin/keep-hook-names', reason: HOOK, matches: touchesOwnName, functions: OWN_FUNCTION },
    { name: 'builtin/keep-builtins', reason: HOOK, programs: new Set(['enable']), matches: replacesBuiltin },
    { name: 'builtin/keep-zsh-hooks', reason: HOOK, programs: ZSH_HOOKERS, matches: removesZshHook },
    { name: 'builtin/keep-zsh-parameters', reason: HOOK, matches: setsZshParameter },
    {
      name: 'builtin/keep-guarded-shell',
      reason: 'the guarded shell may not be replaced by one that is not',
      matches: replacesShell,
    },
    {
      name: 'builtin/no-self-approval',
      reason:
        'who asks for an approval does not give it: another person decides, from a shell or a browser of their own',
      matches: approvesItself,
    },
  ] satisfies Omit<BuiltinRule, 'effect'>[]
).map((rule) => ({ ...rule, effect: 'deny' }));

/** Those that a command of this program may match; null is a computed one. */
export function builtinRulesFor(program: string | null): readonly BuiltinRule[] {
  return (program === null ? undefined : OF_PROGRAM.get(program)) ?? OF_ANY;
}

/** Those that are about functions too. */
export const FUNCTION_RULES = BUILTIN_RULES.filter(({ functions }) => functions !== undefined);

const OF_ANY = BUILTIN_RULES.filter(({ programs }) => programs === undefined);
const OF_PROGRAM: ReadonlyMap<string, readonly BuiltinRule[]> = new Map(
  BUILTIN_RULES.flatMap(({ programs = [] }) => [...programs]).map((program) => [
    program,
    BUILTIN_RULES.filter(({ programs }) => programs?.has(program) ?? true),
  ]),
);

/** `trap … DEBUG`, in any spelling that bash or zsh takes; printing it is harmless. */
function setsDebugTrap({ argv }: SimpleCommand): Tri {
  const words = argv.slice(1).filter((word) => word !== '--');
  if (words[0] === '-p' || words[0] === '-l') return NO;
  // A lone signal resets it.
  const signals = words.length === 1 ? words : words.slice(1);
  return some(signals, (word) => test(word, /^(SIG)?DEBUG$/i));
}

const SHOPT_KEPT = /^(extdebug|functrace)$/;
/** zsh ignores case and underscores in the names of options. */
const ZSH_KEPT = /^(debugbeforecmd|trapsasync|evallineno)$/;

function clearsOption({ program, argv }: SimpleCommand): Tri {
  const words = argv.slice(1);
  switch (program) {
    case 'shopt':
      if (!words.some((word) => word === null || /^-[a-z]*u/.test(word))) return NO;
      return some(words, (word) => test(word, SHOPT_KEPT));
    case 'set':
      return some(words, (word, place) => clearedBySet(words, word, place));
    case 'unsetopt':
      return some(words, (word) => zshOption(word, ZSH_KEPT));
    case 'setopt':
      return some(words, (word) => zshOption(word, /^no(debugbeforecmd)$/));
    case 'emulate':
      // `emulate -L` lasts as long as the function it stands in.
      return words.length === 0 || words.some((word) => word !== null && /^-[a-zA-Z]*[Lc]/.test(word))
        ? NO
        : YES;
    default:
      return NO;
  }
}

/** `set +T`, `set +o functrace`; in zsh also `set +o debug_before_cmd` and `set -o no_debug_before_cmd`. */
function clearedBySet(words: readonly (string | null)[], word: string | null, place: number): Tri {
  if (word === null) return place === 0 || words[place - 1] === '+o' ? MAYBE : NO;
  if (/^\+[A-Za-z]*T/.test(word)) return YES;
  if (words[place - 1] === '+o' && (word === 'functrace' || zshOption(word, ZSH_KEPT) === YES)) return YES;
  return words[place - 1] === '-o' ? zshOption(word, /^nodebugbeforecmd$/) : NO;
}

function zshOption(word: string | null, name: RegExp): Tri {
  return test(word === null ? null : word.replaceAll('_', '').toLowerCase(), name);
}

const NAMERS = new Set([
  'unset',
  'unalias',
  'unfunction',
  'unhash',
  'disable',
  'alias',
  'declare',
  'typeset',
  'local',
  'export',
  'readonly',
  'read',
  'mapfile',
  'readarray',
  'getopts',
  'printf',
  'let',
  'functions',
  'print',
  'autoload',
  'integer',
  'float',
]);

function touchesOwnName({ program, argv, env }: SimpleCommand): Tri {
  if (env.some(({ name }) => OWN.test(name) || ZSH_HOOKS.test(name))) return YES;
  if (program === null || !NAMERS.has(program)) return NO;
  const words = argv.slice(1);
  if (/^printf?$/.test(program) && !words.includes('-v')) return NO;
  const answer = some(words, (word) => test(word === null ? null : word.split(/[=[+]/, 1)[0]!, OWN_OR_HOOK));
  if (answer === YES) return YES;
  // Only what takes a name away is worth a doubt where the name is computed.
  if (!/^un|^disable$/.test(program)) return NO;
  return words.some((word) => word !== null && /^-[a-zA-Z]*m/.test(word))
    ? some(words, (word) => (word === null ? MAYBE : ownPattern(word)))
    : answer;
}

/** zsh's `unfunction -m 'pattern'` and its like: whether the pattern's literal head leaves room for a name of ours. */
function ownPattern(pattern: string): Tri {
  if (pattern.startsWith('-')) return NO;
  const head = /^[\w-]*/.exec(pattern)![0];
  const room = KEPT_NAMES.some((name) => (head === pattern ? name === head : name.startsWith(head)));
  return room || head.startsWith('__chaperone') ? YES : NO;
}

const KEPT_NAMES = [
  '__chaperone',
  'TRAPDEBUG',
  'preexec_functions',
  'precmd_functions',
  'functions',
  'options',
];

/** zsh's own tables, where setting an entry defines a function or sets an option. */
const ZSH_TABLE = /^((?:dis_)?functions|options)(?:\[([\s\S]*?)\])?(?:\+?=|$)/;

/** `functions[TRAPDEBUG]=…`, `options[debugbeforecmd]=off`, and the same by `unset`, `typeset`, `read`. */
function setsZshParameter(command: SimpleCommand, { shell }: Pick<CommandAction, 'shell'>): Tri {
  if (shell !== 'zsh') return NO;
  const assigned = some(command.env, ({ name, index }) => {
    if (!ZSH_TABLE.test(name)) return NO;
    // The whole table: what is not in the new one is gone.
    return index === undefined ? YES : zshEntry(name, index);
  });
  if (command.program === null || !NAMERS.has(command.program)) return assigned;
  const named = some(command.argv.slice(1), (word) => {
    const [, name, index] = ZSH_TABLE.exec(word ?? '') ?? [];
    if (name === undefined) return NO;
    return index === undefined ? test(command.program, /^unset$/) : zshEntry(name, index);
  });
  return assigned > named ? assigned : named;
}

function zshEntry(table: string, index: string | null): Tri {
  return table === 'options' ? zshOption(index, ZSH_KEPT) : test(index, OWN_FUNCTION);
}

const OWN_OR_HOOK = /^(__chaperone.*|(preexec|precmd|chpwd|zshaddhistory)_functions|TRAPDEBUG)$/;

/** `enable -n trap` and `enable -f file trap` change what the names of builtins mean. */
function replacesBuiltin({ argv }: SimpleCommand): Tri {
  return some(argv.slice(1), (word) => test(word, /^-[a-z]*[nfd]/));
}

function removesZshHook({ program, argv }: SimpleCommand): Tri {
  const words = argv.slice(1);
  switch (program) {
    case 'add-zsh-hook':
    case 'add-zle-hook-widget':
      return some(words, (word) => test(word, /^-[a-zA-Z]*[dD]/));
    case 'zle':
      return words[0] === '-D' || words[0] === '-A' || words[0] === '-N'
        ? some(words.slice(1), (word) => test(word, /^(accept-.*|__chaperone.*)$/))
        : NO;
    default:
      return NO;
  }
}

/** `exec bash` leaves the guard behind, where it sits in the shell; `exec bash -c …` is judged by its code. */
function replacesShell(command: SimpleCommand, { input }: Pick<CommandAction, 'input'>): Tri {
  if (!command.via.includes('exec') || input !== undefined) return NO;
  return shellStarts(command);
}

/** `chaperone approvals approve …`, however the program is started. A tripwire: who has the recorder's token needs no program. */
function approvesItself({ program, argv }: SimpleCommand): Tri {
  const answer = some(argv, (word, place) =>
    word === 'approvals' ? test(argv[place + 1] ?? '', /^approve$/) : NO,
  );
  const computed =
    program === 'chaperone' && (argv[1] === null || (argv[1] === 'approvals' && argv[2] === null));
  return answer === NO && computed ? MAYBE : answer;
}

function test(word: string | null, pattern: RegExp): Tri {
  if (word === null) return MAYBE;
  return pattern.test(word) ? YES : NO;
}
