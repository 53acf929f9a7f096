/** Which paths a command reads, writes, deletes or changes, by the grammar of its arguments. */
import type { PathRole, Touch } from '../../action.ts';
import { ANYWHERE, resolvePath, withoutContentsGlob } from '../../match/path.ts';
import { readSearch } from '../grammar/find.ts';
import { OPERANDS, type Operands, TARGET } from '../grammar/operands.ts';
import type { Scope } from '../scope.ts';
import type { Word } from '../words/fields.ts';
import { leadsOn, withLinks } from './links.ts';

export function touchesOf(program: string, words: readonly Word[], scope: Scope): Touch[] {
  switch (program) {
    case 'dd':
    case 'dcfldd':
    case 'dc3dd':
      return copiedByDd(words, scope);
    case 'mv':
      return moved(words, scope);
    case 'find': {
      const { deletes, reach, written } = readSearch(words, scope);
      const prints = written.map((word) => touch('writes', word, scope));
      return [...prints, ...(deletes ? reach.map((place) => ({ role: 'deletes' as const, ...place })) : [])];
    }
    case 'tar':
    case 'bsdtar':
      return archived(words, scope);
    case 'badblocks':
      return byOperands(words, { each: overwrites(words) ? 'writes' : 'reads', short: 'bcdeiopt' }, scope);
    case 'wipefs':
      return wiped(words, scope);
    case 'rsync':
      return mirrored(words, scope);
    case 'curl':
      return transferred(words, scope);
    case 'sed':
      return edited(words, scope);
  }
  const listing = LISTING.get(program);
  if (listing !== undefined) return partitions(words, listing, scope);
  const operands = OPERANDS.get(program) ?? (program.startsWith('mkfs') ? { each: 'writes' } : undefined);
  return operands === undefined ? [] : byOperands(words, operands, scope);
}

/** Programs that have a function of their own above. */
const OWN: ReadonlySet<string> = new Set([
  ...['dd', 'dcfldd', 'dc3dd', 'mv', 'find', 'tar', 'bsdtar', 'badblocks', 'wipefs', 'rsync', 'sed'],
]);

/** Whether it is known which operands of the program are paths. */
export function hasGrammar(program: string): boolean {
  return OPERANDS.get(program)?.each !== undefined || OWN.has(program) || LISTING.has(program);
}

/** What is touched; not certain is what is touched only if it runs in another directory than it should. */
export function everywhere(scope: Scope, touched: (scope: Scope) => Touch[]): Touch[] {
  const touches = inAll(scope, touched);
  return scope.files === null || touches.length === 0 ? touches : withLinks(touches, scope.files);
}

function inAll(scope: Scope, touched: (scope: Scope) => Touch[]): Touch[] {
  const touches = touched(scope);
  if (touches.length === 0) return touches;
  if (scope.elsewhere.length === 0) return touches;
  const others = scope.elsewhere.flatMap((cwd) => touched({ ...scope, cwd, elsewhere: [] }));
  const known = new Set(touches.map(({ path }) => path));
  return [
    ...touches,
    ...others.filter(({ path }) => !known.has(path)).map((one) => ({ ...one, certain: false })),
  ];
}

export function touch(role: PathRole, word: Word, scope: Scope, recursive = false): Touch {
  const path = resolvePath(scope.cwd, word.pattern);
  const whole = recursive && role === 'deletes' ? withoutContentsGlob(path) : path;
  const spelled = scope.files === null ? null : leadsOn(word.pattern, whole === path ? null : whole, scope);
  return {
    role,
    path: whole,
    recursive,
    certain: !word.splits && !path.includes(ANYWHERE),
    ...(spelled !== null && { spelled }),
  };
}

function byOperands(words: readonly Word[], grammar: Operands, scope: Scope): Touch[] {
  const touches: Touch[] = [];
  const operands: Word[] = [];
  let skip = grammar.skip ?? 0;
  let recursive = false;
  let uncertain = false;
  let targeted = false;
  let options = true;
  for (let at = 1; at < words.length; at++) {
    const word = words[at]!;
    const text = word.value;
    if (text === null) uncertain ||= word.splits;
    if (!options || text === null || !/^-./.test(text)) {
      operands.push(word);
      continue;
    }
    if (text === '--') options = false;
    recursive ||= grammar.recursive?.test(text) ?? false;
    if (grammar.noSkip?.test(text)) skip = 0;
    const named = namedByOption(words, at, grammar);
    if (named?.role) touches.push(touch(named.role, named.word, scope));
    targeted ||= named?.role === 'writes' && grammar.last === 'writes';
    if (named?.takesNext) at++;
  }
  for (let at = skip; at < operands.length; at++) {
    const word = operands[at]!;
    const isLast = !targeted && at > skip && at === operands.length - 1;
    const role = (isLast ? grammar.last : undefined) ?? grammar.each;
    if (role === undefined) continue;
    // What is copied to is written itself; what lies below it is not known.
    touches.push(touch(role, word, scope, recursive && role !== 'writes'));
    // A word that may hold `-r`: perhaps everything below is touched.
    if (uncertain && !recursive && grammar.recursive && role !== 'writes') {
      touches.push({ ...touch(role, word, scope, true), certain: false });
    }
  }
  return touches;
}

/** The path that an option names, and whether the next word is that option's argument. */
function namedByOption(
  words: readonly Word[],
  at: number,
  grammar: Operands,
): { role: PathRole | undefined; word: Word; takesNext: boolean } | null {
  const word = words[at]!;
  const text = word.value!;
  const equals = text.startsWith('--') ? text.indexOf('=') : -1;
  const name = equals > 0 ? text.slice(0, equals) : text;
  const whole = grammar.options?.[name];
  const attached = whole === undefined && equals < 0 ? attachedTo(word, grammar) : null;
  if (attached !== null) return attached;
  const role = whole ?? grammar.options?.[clusterEnd(text)];
  if (equals > 0) {
    const value = text.slice(equals + 1);
    return { role, word: { ...word, value, pattern: value }, takesNext: false };
  }
  const takesNext =
    role !== undefined || (!text.startsWith('--') && (grammar.short?.includes(text.at(-1)!) ?? false));
  const next = words[at + 1];
  return next === undefined || !takesNext ? null : { role, word: next, takesNext };
}

/** `-o/dev/x`: the first letter of a cluster that takes an argument takes the rest of it. */
function attachedTo(
  word: Word,
  grammar: Operands,
): { role: PathRole | undefined; word: Word; takesNext: boolean } | null {
  const text = word.value!;
  if (text.startsWith('--')) return null;
  for (let at = 1; at < text.length - 1; at++) {
    const role = grammar.options?.[`-${text[at]}`];
    if (role === undefined && !grammar.short?.includes(text[at]!)) continue;
    return {
      role,
      word: { ...word, value: text.slice(at + 1), pattern: word.pattern.slice(at + 1) },
      takesNext: false,
    };
  }
  return null;
}

/** `-qO` → `-O`: the option of a cluster that takes the next word. */
function clusterEnd(text: string): string {
  return text.startsWith('--') ? text : `-${text.at(-1)}`;
}

/** Tools that write to a disk unless told only to list or to pretend. */
const LISTING: ReadonlyMap<string, RegExp> = new Map([
  ['fdisk', /^(-[a-z]*[lsxV]|--list.*|--getsz|--version|--help)$/],
  ['sfdisk', /^(-[a-z]*[ldJFTVn]|--list.*|--dump|--json|--verify|--no-act|--version|--help)$/],
  ['cfdisk', /^(-h|-V|--help|--version)$/],
  ['gdisk', /^-l$/],
  ['cgdisk', /^$/],
  ['sgdisk', /^(-[pviP]|--print|--verify|--info.*|--pretend)$/],
  ['parted', /^(-l|--list|print|-v|--version)$/],
  ['hdparm', /^(-[a-zA-Z]*[iItTgC])$/],
]);

function partitions(words: readonly Word[], listing: RegExp, scope: Scope): Touch[] {
  const lists = words.some((word) => word.value !== null && listing.test(word.value));
  return byOperands(words, { each: lists ? 'reads' : 'writes' }, scope);
}

/** wipefs only lists unless an option says what to erase. */
function wiped(words: readonly Word[], scope: Scope): Touch[] {
  const erases = words.some(
    (word) => word.value === null || /^(-[a-z]*[ao]|--all|--offset)/.test(word.value),
  );
  return byOperands(words, { each: erases ? 'writes' : 'reads', short: 'ot' }, scope);
}

/** `dd if=FILE of=FILE`: its operands are settings. */
function copiedByDd(words: readonly Word[], scope: Scope): Touch[] {
  return words.slice(1).flatMap((word) => {
    const found = /^(if|of)=/.exec(word.pattern);
    if (found === null)
      return word.value === null ? [{ ...touch('writes', word, scope), certain: false }] : [];
    const rest: Word = { ...word, value: word.value?.slice(3) ?? null, pattern: word.pattern.slice(3) };
    return [touch(found[1] === 'of' ? 'writes' : 'reads', rest, scope)];
  });
}

function overwrites(words: readonly Word[]): boolean {
  return words.some(({ value }) => value === null || /^-[a-z]*[wn]/.test(value));
}

/** The archive of tar: `cf FILE`, `-cf FILE`, `--file=FILE`. What it packs or unpacks is not followed. */
function archived(words: readonly Word[], scope: Scope): Touch[] {
  const makes = words.some(({ value }, place) =>
    /^(-[A-Za-z]*[cruA]|--(create|append|update|delete|concatenate))/.test(
      place === 1 && value !== null && /^[A-Za-z]/.test(value) ? `-${value}` : (value ?? ''),
    ),
  );
  const role = makes ? 'writes' : 'reads';
  const [program, first, ...rest] = words;
  const dashed =
    first?.value && /^[A-Za-z]/.test(first.value)
      ? [{ ...first, value: `-${first.value}` }]
      : words.slice(1, 2);
  const options = { '-f': role, '--file': role } as const;
  const grammar: Operands = makes
    ? { each: 'reads', short: 'CTXbNHVgKL', recursive: /^-/, options }
    : { options };
  return byOperands([program!, ...dashed, ...rest], grammar, scope);
}

/** Options of curl with a file, whole or after a sign: `-d @file`, `-F name=@file`. */
const CURL: Operands = {
  short: 'AbcCdDeEFHhKmPQrtuUwxXyYz',
  options: {
    ...{ '-o': 'writes', '--output': 'writes', '-D': 'writes', '--dump-header': 'writes', '-c': 'writes' },
    ...{ '--cookie-jar': 'writes', '--trace': 'writes', '--trace-ascii': 'writes', '--stderr': 'writes' },
    ...{
      '-T': 'reads',
      '--upload-file': 'reads',
      '-K': 'reads',
      '--config': 'reads',
      '--netrc-file': 'reads',
    },
    ...{ '-E': 'reads', '--cert': 'reads', '--key': 'reads' },
  },
};

function transferred(words: readonly Word[], scope: Scope): Touch[] {
  const sent = words.slice(1).flatMap((word) => {
    // A local file by its address is read as well.
    const found = /^(?:(?:-[A-Za-z]*[dF]|--[a-z-]+=)?(?:[^@]*=)?[@<]|file:\/\/)(.*)/s.exec(word.pattern);
    if (found === null || found[1] === '' || found[1] === '-') return [];
    const pattern = found[1]!.replace(/;.*/s, '');
    return [touch('reads', { ...word, pattern }, scope)];
  });
  return [...byOperands(words, CURL, scope), ...sent];
}

/** `sed -i` writes what it reads. */
function edited(words: readonly Word[], scope: Scope): Touch[] {
  const touches = byOperands(words, OPERANDS.get('sed')!, scope);
  if (!words.some(({ value }) => /^(-[nErsz]*i|--in-place)/.test(value ?? ''))) return touches;
  return touches.flatMap((one) => (one.role === 'reads' ? [one, { ...one, role: 'writes' }] : [one]));
}

/** A moved file is gone from where it was, with everything below it. */
function moved(words: readonly Word[], scope: Scope): Touch[] {
  const copied = byOperands(words, { each: 'reads', last: 'writes', short: 'St', options: TARGET }, scope);
  return copied.map((one) => (one.role === 'reads' ? { ...one, role: 'deletes', recursive: true } : one));
}

/** rsync deletes at its target what the source lacks, if told so. */
function mirrored(words: readonly Word[], scope: Scope): Touch[] {
  const touches = byOperands(words, OPERANDS.get('rsync')!, scope);
  if (!words.some((word) => /^--del/.test(word.value ?? ''))) return touches;
  const target = touches.findLast((one) => one.role === 'writes');
  return target === undefined ? touches : [...touches, { ...target, role: 'deletes', recursive: true }];
}
