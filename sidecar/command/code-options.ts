/** Programs with an option whose argument is a command line. Sources: their manual pages. */
import type { Wrapper } from './wrapper.ts';

function bare(code: readonly string[], rest: Partial<Wrapper> = {}): Wrapper {
  const long = code.filter((flag) => flag.startsWith('--')).map((flag) => flag.slice(2));
  const short = code.filter((flag) => /^-[^-]$/.test(flag)).map((flag) => flag[1]);
  return {
    ...rest,
    bare: true,
    code,
    short: (rest.short ?? '') + short.join(''),
    long: [...long, ...(rest.long ?? [])],
  };
}

export const CODE_OPTIONS: readonly [string, Wrapper][] = [
  ...['tar', 'gtar', 'bsdtar'].map((name): [string, Wrapper] => [
    name,
    bare(
      [
        ...['--to-command', '--checkpoint-action', '--use-compress-program', '-I', '--rsh-command'],
        ...['--info-script', '--new-volume-script', '-F', '--rmt-command'],
      ],
      {
        short: 'fCTXbNVHgKL',
        long: ['file', 'directory', 'exclude', 'files-from', 'transform'],
        flags: ['checkpoint'],
      },
    ),
  ]),
  ['rsync', bare(['-e', '--rsh', '--rsync-path'], { short: 'BfMT', long: ['exclude', 'include', 'filter'] })],
  ['split', bare(['--filter'], { short: 'abClntxd' })],
  ['sort', bare(['--compress-program'], { short: 'kStTo', long: ['key', 'output'] })],
  ['install', bare(['--strip-program'], { short: 'gmoSt' })],
  ['zip', bare(['-TT', '--unzip-command'], { short: 'xitnbP' })],
  ['wget', bare(['--use-askpass'], { short: 'OoaPUtTwQiBe' })],
  ['rg', bare(['--pre', '--hostname-bin'], { short: 'efgtTmABCjMr' })],
  ['fd', { bare: true, short: 'edtEcSo', rest: ['-x', '--exec', '-X', '--exec-batch'] }],
  ['fdfind', { bare: true, short: 'edtEcSo', rest: ['-x', '--exec', '-X', '--exec-batch'] }],
  ['fzf', bare(['--preview', '--bind', '--listen'], { short: 'qfnd' })],
  ['crontab', { bare: true, short: 'u', opaque: true, inert: ['-l', '-r', '-T'] }],
  ['nodemon', bare(['-x', '--exec'], { short: 'ewid', long: ['ext', 'watch', 'ignore'] })],
  [
    'hyperfine',
    {
      short: 'wrmMspcLSnu',
      long: ['prepare', 'setup', 'cleanup'],
      code: ['-p', '--prepare', '-s', '--setup', '-c', '--cleanup'],
      joins: true,
      each: true,
    },
  ],
  ['concurrently', { short: 'ncpskL', joins: true, each: true }],
  ['entr', {}],
  ['nix-shell', bare(['--run', '--command'], { short: 'pAIE' })],
  ['nix', { bare: true, short: 'fIE', rest: ['-c', '--command'] }],
  ['ansible', bare(['-a', '--args'], { short: 'miuelfCMTBP' })],
  ['vim-cmd', { opaque: true }],
  [
    'ssh',
    {
      short: 'BbcDEeFIiJLlmOopQRSWw',
      operands: 1,
      anyPlace: true,
      joins: true,
      away: true,
      shellByDefault: true,
      inert: ['-V', '-Q', '-N', '-O', '-G'],
    },
  ],
  [
    'autossh',
    { short: 'MBbcDEeFIiJLlmOopQRSWw', operands: 1, anyPlace: true, joins: true, away: true, inert: ['-N'] },
  ],
  ['sshpass', { short: 'pfdP' }],
  ['screen', { short: 'cehpsStT', doubtful: ['-X'], inert: ['-ls', '-list', '-r', '-x', '-wipe', '-v'] }],
  ['lxc-attach', { short: 'nePlosu', long: ['name', 'uid', 'gid'], away: true, shellByDefault: true }],
  [
    'systemd-nspawn',
    { short: 'DMujL', long: ['directory', 'image', 'machine', 'user'], away: true, shellByDefault: true },
  ],
  ['bwrap', { opaque: true }],
  ['proot', { short: 'rbwqk', directory: ['-w'] }],
  ['firejail', {}],
  ['valgrind', {}],
  ['cpulimit', { short: 'lpPe' }],
  ['rlwrap', { short: 'abCDefHlmMopPsStwz' }],
  ['systemd-cat', { short: 'tp', long: ['identifier', 'priority'] }],
  ['faketime', { operands: 1, short: 'f' }],
  ['logsave', { operands: 1 }],
  ['softlimit', { short: 'amdslfpor' }],
  ['s6-setuidgid', { operands: 1 }],
  ['chpst', { short: 'uUebmdnlLoC' }],
  ['with-contenv', {}],
  ['capsh', { opaque: true }],
];
