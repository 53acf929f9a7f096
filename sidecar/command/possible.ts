/**
 * What a command may do beyond what its own grammar tells: to paths that stand somewhere in its words, and to those of a
 * command that its words may be. None of it is certain, so a rule that it meets is neither matched nor passed in silence.
 */
import type { Touch } from '../action.ts';
import { ANYWHERE, basename, quoteGlob, resolvePath } from '../match/path.ts';
import { shellNamed } from './code/shells.ts';
import { hasGrammar, touchesOf } from './files/touches.ts';
import { CARRIERS } from './grammar/carriers.ts';
import { wrapperNamed } from './grammar/wrappers.ts';
import type { Scope } from './scope.ts';
import { literalWord, type Word } from './words/fields.ts';

/** Programs that do nothing but look at what their words name, or take them for a text. */
const LOOKS: ReadonlySet<string> = new Set([
  ...[
    'echo',
    'printf',
    'print',
    ':',
    'true',
    'false',
    'test',
    '[',
    '[[',
    'ls',
    'dir',
    'vdir',
    'exa',
    'eza',
    'lsd',
    'tree',
  ],
  ...[
    'stat',
    'du',
    'df',
    'ncdu',
    'realpath',
    'readlink',
    'dirname',
    'basename',
    'pathchk',
    'namei',
    'getfacl',
    'lsattr',
    'getent',
  ],
  ...[
    'id',
    'which',
    'type',
    'whereis',
    'command',
    'builtin',
    'hash',
    'man',
    'info',
    'tldr',
    'apropos',
    'whatis',
    'help',
    'locate',
  ],
  ...[
    'cd',
    'pushd',
    'popd',
    'pwd',
    'mkdir',
    'mktemp',
    'export',
    'declare',
    'typeset',
    'local',
    'readonly',
    'unset',
    'set',
    'alias',
  ],
  ...[
    'kill',
    'pkill',
    'pgrep',
    'killall',
    'fuser',
    'lsof',
    'ps',
    'lsblk',
    'blkid',
    'findmnt',
    'mountpoint',
    'udevadm',
    'smartctl',
  ],
  ...[
    'fdisk',
    'sfdisk',
    'cfdisk',
    'gdisk',
    'cgdisk',
    'sgdisk',
    'parted',
    'hdparm',
    'wipefs',
    'badblocks',
    'systemctl',
    'logger',
  ],
  ...[
    'eval',
    'trap',
    'return',
    'exit',
    'shift',
    'let',
    'expr',
    'seq',
    'sleep',
    'wait',
    'read',
    'expand-path',
    'dpkg-query',
    'time',
  ],
]);

/** Programs whose words are texts with other words in them, whichever of these are paths. */
const TEXTS =
  /^(psql|mysql|mariadb|sqlite3?|duckdb|mysqldump|pg_dump|sed|gsed|[gmn]?awk|vim?|nvim|view|ex|ed|socat|debugfs|gdb|less)$/;

/** Programs that a wrapper which is not known here would do harm by. */
const HARMFUL =
  /^(rm|shred|srm|wipe|unlink|rmdir|dd|mv|tee|truncate|chmod|chown|chgrp|chattr|mkfs(\..*)?|mke2fs|mkswap|wipefs|find)$/;

/** The same in a text, up to where a shell would end it. */
const LINE =
  /(?:^|[\s;&|!=:"'(`{])((?:\/[\w./-]*\/)?(?:rm|shred|dd|mv|tee|truncate|chmod|chown|mkfs(?:\.\w+)?|wipefs|find)\s[^;&|\n"'`)}]*)/g;

/** In a word, what begins like a path behind a sign that is none of a path. */
const PATH = /(?:^-\w|[\s=:,@<>|'"({;]w?)((?:\.{1,2})?\/[^\s'",;:<>|(){}]+)/g;

/** Tools whose words are prose. */
const SPEAKS = /^(git|gh|glab|hub|jira|slack|notify-send|curl|http|jq|yq)$/;

/** Commands looked for in the words of one. */
const TRIED = 4;
/** Words of one of them. */
const LONGEST = 512;

/** Paths looked at of one command. */
const MOST = 32;

export function possibleTouches(
  program: string,
  words: readonly Word[],
  at: { scope: Scope; known: readonly Touch[] },
): Touch[] {
  if (LOOKS.has(program) || isUnwrapped(program)) return [];
  const found = hasGrammar(program) ? [] : embedded(program, words, at.scope);
  const known = new Set(at.known.map(({ path }) => path));
  for (const path of mentioned(program, words, at.scope)) {
    if (known.has(path) || path.includes(ANYWHERE)) continue;
    known.add(path);
    for (const role of ['reads', 'writes'] as const)
      found.push({ role, path, recursive: false, certain: false });
    if (found.length > MOST) break;
  }
  return found;
}

/** What a command among the words, or in the text of one, would touch: `retry 3 rm -rf x`, `--wrap='rm -rf x'`. */
function embedded(program: string, words: readonly Word[], scope: Scope): Touch[] {
  const lines: (readonly Word[])[] = [];
  for (let at = 1; at < words.length && lines.length < TRIED; at++) {
    const { value } = words[at]!;
    if (value === null) continue;
    if (HARMFUL.test(basename(value))) lines.push(words.slice(at, at + LONGEST));
    else if (/\s/.test(value) && !SPEAKS.test(program))
      for (const [, line] of value.matchAll(LINE))
        lines.push(line!.split(/\s+/).map((word) => literalWord(word)));
  }
  return lines.slice(0, TRIED).flatMap((line) => touchedBy(line, scope));
}

function touchedBy(words: readonly Word[], scope: Scope): Touch[] {
  const touches = touchesOf(basename(words[0]!.value!), words, scope);
  return touches.filter(({ role }) => role !== 'reads').map((touch) => ({ ...touch, certain: false }));
}

function* mentioned(program: string, words: readonly Word[], scope: Scope): Generator<string> {
  const texts = TEXTS.test(program);
  const onlyOptions = !texts && hasGrammar(program);
  for (let at = 1; at < words.length; at++) {
    const { value, pattern, splits } = words[at]!;
    if (splits || !pattern.includes('/') || (onlyOptions && !pattern.startsWith('-'))) continue;
    if (value === null || !/[\s=:,@<>|'"({-]/.test(value)) {
      if (!pattern.startsWith('-')) yield resolvePath(scope.cwd, pattern);
    } else if (texts || !/\s/.test(value)) {
      if (!value.startsWith('-')) yield resolvePath(scope.cwd, quoteGlob(value));
      for (const [, path] of value.matchAll(PATH)) yield resolvePath(scope.cwd, quoteGlob(path!));
    }
  }
}

/** Its words are those of another command, which is looked at by itself, or which runs where no path of here means anything. */
function isUnwrapped(program: string): boolean {
  const wrapper = wrapperNamed(program);
  if (wrapper !== undefined) return !wrapper.bare;
  const carrier = CARRIERS.get(program);
  return shellNamed(program) !== null || Object.values(carrier?.commands ?? {}).some(({ away }) => away);
}
