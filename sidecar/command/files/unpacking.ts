/** Archives: what packs them reads, and where unpacking them may write. What is in one only reading it would tell. */
import type { Touch } from '../../action.ts';
import { OPERANDS } from '../grammar/operands.ts';
import { dashed } from '../grammar/options.ts';
import { LIMITS } from '../limits.ts';
import type { Scope } from '../scope.ts';
import { literalWord, type Word } from '../words/fields.ts';
import { byOperands } from './operand-touches.ts';
import { anyFile, naming, touch, unnamedBelow } from './touch.ts';

/** How a program is told to unpack, and where to. */
interface Unpacker {
  /** One of its words says that it unpacks; left out where it always does. */
  unpacks?: RegExp;
  /** One of these says that it writes no file after all. */
  not?: RegExp;
  /** With one of these, or without `within`, it writes wherever a name in the archive says. */
  anywhere?: RegExp;
  within?: RegExp;
  /** Options with the directory, in the next word or behind it. */
  into?: readonly string[];
  /** The operand, by its place, that is the directory; -1 is the last one. */
  operand?: number;
  /** Only where an option says so. */
  elsewhere?: true;
  /** Where it works now as well, whatever else it is told. */
  here?: true;
  /** Letters of options with an argument, where letters may stand together. */
  short?: string;
}

const SHORT_OF_TAR = 'fCTXbNVHgKLIF';
const TAR: Unpacker = {
  short: SHORT_OF_TAR,
  unpacks: /^(-[A-Za-z]*x|--extract|--ge|--ext)/,
  not: /^(-[A-Za-z]*O|--to-s|--to-c)/,
  anywhere: /^(-[A-Za-z]*P|--absolute-)/,
  into: ['-C', '--directory', '--one-top-level'],
};
const SEVEN: Unpacker = { unpacks: /^[xe]$/, not: /^-so$/, anywhere: /^-spf/, into: ['-o'] };

const UNPACKERS: ReadonlyMap<string, Unpacker> = new Map<string, Unpacker>([
  ...same(['tar', 'gtar', 'bsdtar', 'star'], TAR),
  ...same(['7z', '7za', '7zr', '7zz', 'p7zip'], SEVEN),
  ['unzip', { short: 'dPx', not: /^-[A-Za-z]*[ltpvzZ]/, anywhere: /^-[A-Za-z]*:/, into: ['-d'] }],
  [
    'cpio',
    {
      short: 'CDEFHIMOR',
      unpacks: /^(-[A-Za-z]*[ip]|--extract|--pass)/,
      not: /^(-[A-Za-z]*t|--list|--to-s)/,
      within: /^(--no-abs|-[A-Za-z]*p|--pass)/,
      into: ['-D', '--directory'],
      // A directory to pass to, or a pattern of what to take.
      operand: 0,
      here: true,
    },
  ],
  ['bsdcpio', { unpacks: /^-[A-Za-z]*[ip]/, anywhere: /^--insecure/, operand: 0, here: true }],
  ['pax', { unpacks: /^-[A-Za-z]*r/, within: /^$/ }],
  ['ar', { unpacks: /^-?[A-Za-z]*x[A-Za-z]*$/, into: ['--output'] }],
  ['dpkg', { unpacks: /^(-[xXR]|--(v?extract|raw-extract))$/, operand: 1 }],
  ['dpkg-deb', { unpacks: /^(-[xXReI]|--(v?extract|raw-extract|control))$/, operand: 1 }],
  ...same(['unrar', 'rar'], { unpacks: /^[xe]$/, operand: -1 }),
  ['unar', { into: ['-o', '-output-directory'] }],
  ['cabextract', { not: /^(-[lt]|--list|--test)/, into: ['-d', '--directory'] }],
  ['unsquashfs', { not: /^(-l|-s|-ls|-lls|-cat)/, into: ['-d', '-dest'] }],
  ['jar', { unpacks: /^-?-?[A-Za-z]*x[A-Za-z]*$/, into: ['-C', '--dir'] }],
  // Packages into another place than the usual one.
  ...same(['pip', 'pip3', 'pipx', 'uv'], {
    unpacks: /^install$/,
    elsewhere: true,
    into: ['--target', '--prefix', '--root', '-t'],
  }),
  ...same(['npm', 'pnpm'], {
    unpacks: /^(i|install|ci|add)$/,
    elsewhere: true,
    into: ['--prefix', '-C', '--dir'],
  }),
  ['gem', { unpacks: /^install$/, elsewhere: true, into: ['--install-dir', '-i', '--bindir', '-n'] }],
  ['cargo', { unpacks: /^install$/, elsewhere: true, into: ['--root'] }],
  ['aria2c', { into: ['-d', '--dir'] }],
  ['stow', { elsewhere: true, into: ['-t', '--target'] }],
  ['debootstrap', { operand: 1 }],
  // Modules of Python.
  ...same(['zipfile', 'tarfile'], { unpacks: /^(-e|--extract)$/, operand: 1 }),
  ['patch', { anywhere: /^$/, into: ['-d', '--directory'] }],
]);

function same(programs: string[], unpacker: Unpacker): [string, Unpacker][] {
  return programs.map((program) => [program, unpacker]);
}

/** Where the archive's files may be written. */
export function unpacked(program: string, words: readonly Word[], scope: Scope): Touch[] {
  const unpacker = UNPACKERS.get(program);
  if (unpacker === undefined) return [];
  const given = apart(words, program.endsWith('tar'), unpacker.short);
  const some = (sign?: RegExp) =>
    sign !== undefined && given.some(({ value }, at) => at > 0 && value !== null && sign.test(value));
  const open = given.some(({ splits }) => splits);
  if ((unpacker.unpacks !== undefined && !some(unpacker.unpacks) && !open) || some(unpacker.not)) return [];
  // Only where it names no file of its own in the words.
  if (program === 'patch' && some(/^(-o|--output|--dry-run)/)) return [];
  if (some(unpacker.anywhere) || (unpacker.within !== undefined && !some(unpacker.within)))
    return [anyFile('writes')];
  const directories = targetsOf(given, unpacker);
  if (directories.length > LIMITS.directories) return [anyFile('writes')];
  if ((directories.length === 0 && !unpacker.elsewhere) || unpacker.here) directories.push(literalWord('.'));
  return directories.map((word) => unnamedBelow(word, scope));
}

/** Each option by itself: `-xzC dir` and tar's `xzC dir` as `-x -z -C dir`. */
function apart(words: readonly Word[], undashed: boolean, short = ''): readonly Word[] {
  if (short === '') return words;
  const given = undashed ? dashed(words, { short }) : words;
  return given.flatMap((word) => {
    if (word.value === null || !/^-[A-Za-z]{2}/.test(word.value)) return [word];
    const letters = [...word.value.slice(1)];
    const end = letters.findIndex((letter) => short.includes(letter) || !/[A-Za-z]/.test(letter));
    const flags = letters.slice(0, end < 0 ? letters.length : end + 1);
    const rest = word.value.slice(flags.length + 1);
    const behind = rest === '' ? [] : [naming(word, rest, word.pattern.slice(flags.length + 1))];
    return [...flags.map((letter) => literalWord(`-${letter}`)), ...behind];
  });
}

function targetsOf(words: readonly Word[], { into = [], operand }: Unpacker): Word[] {
  const found = words.flatMap((word, at) => {
    const flag = into.find((one) => word.pattern.startsWith(one));
    if (at === 0 || flag === undefined) return [];
    const text = word.pattern.slice(flag.length).replace(/^=/, '');
    if (text !== '') return [naming(word, null, text)];
    const next = words[at + 1];
    return next === undefined ? [] : [next];
  });
  if (operand === undefined) return found;
  const operands = words.slice(1).filter(({ value }) => !/^-/.test(value ?? ''));
  const last = operands.at(operand);
  const isThere = last !== undefined && (operand >= 0 || /[/]$/.test(last.pattern));
  return isThere ? [...found, last] : found;
}

/** The archive of tar, and what it packs, from the directories that it is told to go to. */
export function archived(words: readonly Word[], scope: Scope): Touch[] {
  const given = apart(words, true, SHORT_OF_TAR);
  const makes = given.some(({ value }) =>
    /^(-[A-Za-z]*[cruA]|--(create|append|update|delete|concatenate))/.test(value ?? ''),
  );
  const role = makes ? 'writes' : 'reads';
  const options = { '-f': role, '--file': role } as const;
  const [program] = given;
  if (!makes) return byOperands(given, { options }, scope);
  const grammar = { short: SHORT_OF_TAR, options };
  const touches = byOperands(given, grammar, scope);
  let start = 1;
  let directories = 0;
  let from = scope;
  for (let at = 1; at <= given.length; at++) {
    const directory = at < given.length ? directoryOf(given, at) : null;
    if (at < given.length && directory === null) continue;
    const part = [program!, ...given.slice(start, at)];
    const packs = byOperands(part, { ...grammar, each: 'reads' }, from);
    touches.push(...packs.flatMap((one) => (one.role === 'reads' ? [{ ...one, recursive: true }] : [])));
    if (directory === null) break;
    if (++directories > LIMITS.directories) return [...touches, anyFile('reads')];
    from = { ...from, cwd: touch('reads', directory.word, from).path, elsewhere: [] };
    start = at + directory.length;
    at = start - 1;
  }
  const lists = given.some(({ value }) => /^(-[A-Za-z]*T|--files-from)/.test(value ?? ''));
  return lists ? [...touches, anyFile('reads')] : touches;
}

/** `-C dir`, `-Cdir` and `--directory=dir`. */
function directoryOf(words: readonly Word[], at: number): { word: Word; length: number } | null {
  const word = words[at]!;
  const flag = /^(-C|--directory=?|--cd=?)/.exec(word.pattern)?.[0];
  if (flag === undefined) return null;
  const rest = word.pattern.slice(flag.length);
  if (rest !== '') return { word: naming(word, null, rest), length: 1 };
  const next = words[at + 1];
  return next === undefined ? null : { word: next, length: 2 };
}

const SUFFIX = /\.(gz|xz|bz2|zst|lzma|lz4|Z|tgz|txz)$/;
const COMPRESSORS =
  /^(un|p|pun)?(gzip|gunzip|xz|lzma|bzip2|zstd|compress|igz)$|^(bunzip2|unpigz|pigz|unzstd)$/;

export function isCompressor(program: string): boolean {
  return COMPRESSORS.test(program);
}

/** What stood there goes, and what it becomes stands beside it. */
export function compressed(program: string, words: readonly Word[], scope: Scope): Touch[] {
  const read = byOperands(words, OPERANDS.get(program) ?? { each: 'reads', short: 'SbT' }, scope);
  const some = (sign: RegExp) => words.some(({ value }) => sign.test(value ?? ''));
  if (some(/^(-[a-zA-Z]*[cltL]|--(std|to-std|list|test))/)) return read;
  const expands = /^un|^bun|gunzip/.test(program) || some(/^(-[a-zA-Z]*d|--(de|unc))/);
  return read.flatMap((one) => {
    const there = expands ? one.path.replace(SUFFIX, '') : one.path;
    return there === one.path && expands ? [one] : [one, { ...one, path: there, role: 'writes' }];
  });
}
