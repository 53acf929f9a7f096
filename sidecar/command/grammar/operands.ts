/** Which operands of a program are paths, and what it does to them. Sources: the programs' manual pages. */
import type { PathRole } from '../../action.ts';

/** How a program's operands are to be read. Programs with a grammar of their own have a function. */
export interface Operands {
  /** Role of each operand; of all but the last where `last` is given. */
  each?: PathRole;
  last?: PathRole;
  /** Operands that are no paths: the pattern of grep, the mode of chmod. */
  skip?: number;
  /** Short options that take an argument. */
  short?: string;
  /** Flags that make it work on everything below. */
  recursive?: RegExp;
  /** Options that name a path, with the role of it, e.g. `-o` of curl. */
  options?: Record<string, PathRole>;
  /** The skipped operands are not there where one of these is given (`grep -e`). */
  noSkip?: RegExp;
}

const RECURSIVE = /^(-[A-Za-z]*[rR][A-Za-z]*|--recursive|--rec[a-z]*)$/;
const RECURSIVE_CHANGE = /^(-[A-Za-z]*R[A-Za-z]*|--rec[a-z]*)$/;
export const TARGET: Record<string, PathRole> = { '-t': 'writes', '--target-directory': 'writes' };

export const OPERANDS: ReadonlyMap<string, Operands> = new Map<string, Operands>([
  ['rm', { each: 'deletes', recursive: /^(-[A-Za-z]*[rR][A-Za-z]*|--r[a-z]*)$/ }],
  ...same(['srm', 'wipe'], { each: 'deletes', recursive: RECURSIVE }),
  ['du', { options: { '--files0-from': 'reads' } }],
  ['man', { each: 'reads' }],
  ...same(['unlink', 'rmdir', 'shred'], { each: 'deletes', short: 'ns' }),
  ['mount', { each: 'reads', last: 'writes', short: 'oLNOtU' }],
  ['truncate', { each: 'writes', short: 'sr' }],
  ['tee', { each: 'writes' }],
  ...same(['dos2unix', 'unix2dos'], { each: 'writes' }),
  ['touch', { each: 'writes', short: 'drt' }],
  [
    'cp',
    {
      each: 'reads',
      last: 'writes',
      short: 'St',
      options: TARGET,
      recursive: /^(-[A-Za-z]*[rRa]|--rec|--arc)/,
    },
  ],
  ['install', { each: 'reads', last: 'writes', short: 'gmoSt', options: TARGET }],
  ['rsync', { each: 'reads', last: 'writes', short: 'eBfMT', recursive: /^(-[A-Za-z]*[ra]|--rec|--arc)/ }],
  ['scp', { each: 'reads', last: 'writes', short: 'cFiJloPS', recursive: /^-[A-Za-z]*r/ }],
  ['zip', { each: 'reads', skip: 1, short: 'xitnbPp', recursive: /^(-[A-Za-z]*r|--rec)/ }],
  [
    'openssl',
    {
      options: { '-in': 'reads', '-inkey': 'reads', '-key': 'reads', '-out': 'writes', '-keyout': 'writes' },
    },
  ],
  ['xargs', { options: { '-a': 'reads', '--arg-file': 'reads' } }],
  ['ln', { each: 'reads', last: 'writes', short: 'St', options: TARGET }],
  ...same(['chown', 'chgrp'], { each: 'changes', skip: 1, recursive: RECURSIVE_CHANGE, noSkip: /^--ref/ }),
  // A mode may begin like an option.
  ['chmod', { each: 'changes', skip: 1, recursive: RECURSIVE_CHANGE, noSkip: /^(--ref|-[rwxXstugoa]+)/ }],
  ['chattr', { each: 'changes', skip: 1, recursive: RECURSIVE_CHANGE, noSkip: /^-[^RVf]/, short: 'vp' }],
  ['setfacl', { each: 'changes', recursive: RECURSIVE_CHANGE, short: 'mxMX' }],
  [
    'chcon',
    {
      each: 'changes',
      skip: 1,
      recursive: RECURSIVE_CHANGE,
      short: 'urtl',
      noSkip: /^(-[A-Za-z]*[urtl]|--(us|ro|ty|ra|ref))/,
    },
  ],
  ...same(
    [
      'cat',
      'tac',
      'more',
      'most',
      'bat',
      'nl',
      'od',
      'hexdump',
      'hd',
      'strings',
      'base64',
      'base32',
      'wc',
      'md5sum',
      'sha1sum',
      'sha256sum',
      'sha512sum',
      'paste',
      'rev',
      'fold',
      'fmt',
      'pr',
      'expand',
      'unexpand',
      'column',
      'diff',
      'cmp',
      'comm',
      'join',
      'source',
      '.',
      'gzip',
      'xz',
      'zstd',
      'bzip2',
      'zcat',
      'file',
      'cksum',
      'look',
      'vipw',
      'unshadow',
      'john',
    ],
    { each: 'reads' },
  ),
  ...same(['vi', 'vim', 'nvim', 'view', 'ex'], {
    each: 'reads',
    short: 'cSuisTtqU',
    options: { '-w': 'writes', '-W': 'writes', '-s': 'reads' },
  }),
  ...same(['nano', 'emacs', 'ed', 'red'], { each: 'reads' }),
  ...same(['head', 'tail'], { each: 'reads', short: 'nc' }),
  [
    'less',
    {
      each: 'reads',
      short: 'bhjkpPtTxyz',
      options: { '-o': 'writes', '-O': 'writes', '--log-file': 'writes', '--LOG-FILE': 'writes' },
    },
  ],
  ['uniq', { each: 'reads', last: 'writes', short: 'fsw' }],
  ['xxd', { each: 'reads', last: 'writes', short: 'cglosRn' }],
  ['shuf', { each: 'reads', short: 'ino', options: { '-o': 'writes', '--output': 'writes' } }],
  ['split', { each: 'reads', last: 'writes', short: 'abClnt' }],
  ['csplit', { each: 'reads', short: 'bfn', options: { '-f': 'writes', '--prefix': 'writes' } }],
  [
    'patch',
    {
      each: 'writes',
      short: 'BdDFgiopRrVxYz',
      options: {
        '-o': 'writes',
        '--output': 'writes',
        '-i': 'reads',
        '--input': 'reads',
        '-d': 'writes',
        '--directory': 'writes',
      },
    },
  ],
  ['link', { each: 'reads', last: 'writes' }],
  ['fallocate', { each: 'writes', short: 'lo' }],
  ['visudo', { each: 'writes', short: 'fx', options: { '-f': 'writes', '--file': 'writes' } }],
  ['cut', { each: 'reads', short: 'bcdf' }],
  ...same(['grep', 'egrep', 'fgrep', 'zgrep', 'rg', 'ag'], {
    each: 'reads',
    skip: 1,
    short: 'efmABCdDgtT',
    noSkip: /^(-[A-Za-z]*[ef]|--regexp|--file)/,
  }),
  ...same(['awk', 'gawk', 'mawk'], { each: 'reads', skip: 1, short: 'Ffv', noSkip: /^(-f|--file)/ }),
  ['sed', { each: 'reads', skip: 1, short: 'efl', noSkip: /^(-[nErs]*[ef]|--expression|--file)/ }],
  ['sort', { each: 'reads', short: 'kStT', options: { '-o': 'writes', '--output': 'writes' } }],
  ['sponge', { each: 'writes' }],
  ...same(['ddrescue', 'dd_rescue'], { each: 'reads', last: 'writes', short: 'bBcdeEiIKmorsST' }),
  ['pv', { each: 'reads', short: 'DiwHNFLBstdRPo', options: { '-o': 'writes', '--output': 'writes' } }],
  ['qemu-img', { each: 'reads', last: 'writes', skip: 1, short: 'fOoTtSBblm' }],
  [
    'wget',
    {
      options: {
        ...{ '-O': 'writes', '--output-document': 'writes', '-o': 'writes', '-a': 'writes', '-P': 'writes' },
        ...{ '--post-file': 'reads', '--body-file': 'reads', '-i': 'reads', '--input-file': 'reads' },
      },
    },
  ],
  ['blkdiscard', { each: 'writes', short: 'olp' }],
  ...same(['mkswap', 'mke2fs', 'mkdosfs', 'mkntfs', 'newfs'], { each: 'writes', short: 'LUt' }),
]);

function same(programs: string[], operands: Operands): [string, Operands][] {
  return programs.map((program) => [program, operands]);
}
