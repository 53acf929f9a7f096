/**
 * Programs that run others, against the programs themselves: the options that their own help names, with and without
 * an argument, apart, attached, abbreviated and in clusters. What really starts is a harmless stand-in; the analysis
 * must have found it with its words, or have said that it does not know.
 */
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import t from 'tap';
import { analyseArgv } from '../../../sidecar/command/analyse.ts';
import { needs, which } from '../../tool.ts';
import { missed, Stage } from './stage.ts';

const SEED = 20261122;
const LONG = process.env.CHAPERONE_LONG !== undefined;
const RUNS = LONG ? 150 : 8;
if (LONG) t.setTimeout(60 * 60_000);

interface Peer {
  tool: string;
  /** Words before its options: the applet of busybox. */
  lead?: readonly string[];
  /** Words between the options and the command. */
  operands?: readonly string[];
  /** Options, where its help does not name them in the usual way. */
  options?: string;
  /** Options not to be tried: they wait for something, or hide the stand-ins. */
  leave?: string;
  /** The command. */
  tail?: readonly string[];
  /** It looks for programs elsewhere than this test does. */
  absolute?: boolean;
  /** It calls the command with words of its own behind. */
  adds?: boolean;
  /** Not every machine has it, or lets it be used. */
  rare?: boolean;
}

const TAIL = ['canary3', 'canary4', '-n', 'canary5'];

const PEERS: readonly Peer[] = [
  ...[
    { tool: 'env' },
    { tool: 'nice' },
    { tool: 'nohup' },
    { tool: 'stdbuf', leave: '-i --input' },
    { tool: 'timeout', operands: ['9'] },
    { tool: 'xargs' },
    {
      tool: 'find',
      options: '-H -L -P -O1 -D',
      operands: ['.', '-maxdepth', '0', '-exec'],
      tail: ['canary3', 'x', ';'],
    },
    { tool: 'setsid' },
    { tool: 'ionice' },
    { tool: 'chrt', operands: ['-o', '0'] },
    { tool: 'taskset', operands: ['1'] },
    { tool: 'flock', operands: ['lock'] },
    { tool: 'flock', operands: ['lock'], tail: ['-c', 'canary3 x'] },
    { tool: 'script', operands: ['file'], tail: [] },
    { tool: 'setarch' },
    { tool: 'linux64' },
    { tool: 'setpriv' },
    { tool: 'prlimit' },
  ],
  ...[
    {
      tool: 'sudo',
      absolute: true,
      leave: '-e --edit -A --askpass -S --stdin -B -b --background -i --login',
    },
    { tool: 'doas', absolute: true, options: '-n -s -u -a -C -L' },
    { tool: 'su', tail: ['root', '-c', 'canary3 x'], absolute: true },
    { tool: 'runuser', operands: ['-u', 'root', '--'], absolute: true },
    { tool: 'chroot', operands: ['/'], absolute: true },
    { tool: 'unshare', absolute: true },
    { tool: 'nsenter', absolute: true },
    { tool: 'time' },
    { tool: 'strace', leave: '-D -DD -DDD --daemonize' },
    {
      tool: 'parallel',
      tail: ['canary3', 'canary4', ':::', 'x'],
      options:
        '-j -n -N -k -q -m -X -l -i -d -0 -r -t -u -v -P -s -S -x --jobs --keep-order --max-args --quote --dry-run --will-cite --null --tag --halt',
    },
    { tool: 'numactl' },
    { tool: 'dumb-init' },
    { tool: 'chpst', options: '-u -U -b -n -l -L -m -d -o -p -c -t -v -P -0 -1 -2 -e' },
    { tool: 'softlimit', options: '-a -c -d -l -m -o -p -r -s -t' },
    { tool: 'setlock', operands: ['f'], options: '-n -N -x -X' },
    { tool: 'envdir', operands: ['.'] },
    { tool: 'faketime', operands: ['2020-01-01'], leave: '--date-prog' },
    { tool: 'eatmydata' },
    { tool: 'chronic' },
    { tool: 'torsocks' },
    { tool: 'proxychains4' },
    { tool: 'cpulimit', leave: '-z --lazy', operands: ['-l', '50', '--'] },
    { tool: 'rlwrap' },
    { tool: 'dbus-run-session', leave: '--dbus-daemon' },
    { tool: 'unbuffer', options: '-p' },
    ...['env', 'setsid', 'xargs', 'ionice', 'time', 'setpriv', 'nohup', 'nice'].map((applet) => ({
      tool: 'busybox',
      lead: [applet],
    })),
    // What they connect through; named first, it is what counts, and no network is used.
    ...['ssh', 'sftp', 'scp'].map((tool) => ({
      tool,
      lead: ['-oProxyCommand=canary3 canary4'],
      operands: tool === 'scp' ? ['x', 'h:y'] : ['h'],
      tail: [],
      adds: true,
      options:
        '-4 -6 -A -a -B -b -C -c -D -E -e -F -g -I -i -K -k -L -l -M -m -n -O -o -P -p -q -R -r -S -s -T -t -v -W -w -X -x -Y -y',
    })),
    {
      tool: 'sftp',
      lead: ['-S', 'canary3'],
      operands: ['h'],
      tail: [],
      adds: true,
      options: '-4 -a -B -C -f -l -N -p -q -R -r -v',
    },
    {
      tool: 'rsync',
      lead: ['-e', 'canary3 canary4'],
      operands: ['.', 'h:y'],
      tail: [],
      adds: true,
      leave: '--daemon --server',
    },
    {
      tool: 'screen',
      lead: ['-D', '-m'],
      options: '-a -A -c -e -f -fn -fa -h -i -l -ln -L -O -p -q -s -S -t -T -U',
    },
    { tool: 'busybox', lead: ['timeout'], operands: ['9'] },
    { tool: 'busybox', lead: ['flock'], operands: ['f'] },
    { tool: 'busybox', lead: ['chrt'], operands: ['-o', '0'] },
    { tool: 'busybox', lead: ['taskset'], operands: ['1'] },
  ].map((peer) => ({ ...peer, rare: true })),
];

const VALUES = [
  ...['canary1', 'canary1', '1', '0', '.', '/', 'f', 'root', 'A=1', 'L', 'INT', 'none', 'no', '10%', 'all'],
  'canary2 x',
];

/** Of its help, short and long ones. */
function optionsOf({ tool, lead = [], options }: Peer): string[] {
  if (options !== undefined) return options.split(' ');
  const env = { ...process.env, LC_ALL: 'C', TERM: 'dumb', COLUMNS: '200' };
  const { stdout, stderr } = spawnSync(tool, [...lead, '--help'], {
    encoding: 'utf8',
    input: '',
    timeout: 5000,
    env,
  });
  const named = `${stdout}${stderr}`.match(/(?<=^|[\s,[|(/])--?[A-Za-z0-9?][\w-]*/gm) ?? [];
  const found = [...new Set(named)].filter((name) => !/^-[A-Za-z0-9?]./.test(name));
  return found.length > 0 ? found : ['-x'];
}

/** Options in the ways in which they may be written. */
function written(options: readonly string[]): fc.Arbitrary<string[]> {
  const option = fc.constantFrom(...options);
  const value = fc.constantFrom(...VALUES);
  const short = options.filter((name) => /^-[^-]$/.test(name)).map((name) => name[1]!);
  const one = fc.oneof(
    option.map((name) => [name]),
    fc.tuple(option, value),
    fc.tuple(option, value).map(([name, value]) => [`${name}${name.startsWith('--') ? '=' : ''}${value}`]),
    fc
      .tuple(option, fc.integer({ min: 3, max: 12 }))
      .map(([name, length]) => [name.startsWith('--') ? name.slice(0, length) : name]),
    fc
      .array(fc.constantFrom(...(short.length > 0 ? short : ['x'])), { minLength: 2, maxLength: 3 })
      .map((letters) => [`-${letters.join('')}`]),
  );
  const end = fc.constantFrom([], [], ['--'], ['-'], ['A=1']);
  return fc.tuple(fc.array(one, { maxLength: 3 }), end).map(([words, end]) => [...words.flat(), ...end]);
}

for (const peer of PEERS.filter(({ rare, tool }) => !rare || which(tool) !== null)) {
  const { tool, lead = [], operands = [], tail = TAIL } = peer;
  t.test([tool, ...lead, ...operands].join(' '), async (t) => {
    if (!needs(t, tool)) return;
    const stage = new Stage(t.testdir({ bin: {}, work: {} }));
    const run = (words: readonly string[]) => {
      const there = words.map((word) =>
        peer.absolute ? word.replace(/\bcanary\d/g, `${stage.bin}/$&`) : word,
      );
      const argv = [tool, ...lead, ...there];
      return { argv, called: stage.run(argv, { input: 'x\n' }) };
    };
    if (peer.rare && run([...operands, ...tail]).called.length === 0) {
      t.pass('not here', { skip: `${tool} may not be used here` });
      return;
    }

    const leave = new Set(peer.leave?.split(' '));
    const options = optionsOf(peer).filter((name) => !leave.has(name));
    const between = fc.constantFrom(operands, operands, ['--', ...operands], []);
    let ran = 0;
    for (const [given, middle] of fc.sample(fc.tuple(written(options), between), {
      seed: SEED,
      numRuns: RUNS,
    })) {
      const { argv, called } = run([...given, ...middle, ...tail]);
      ran += called.length;
      const action = analyseArgv(argv, { cwd: stage.cwd });
      const silent = action.unknown.length > 0 ? [] : missed(called, action, peer.adds);
      if (silent.length > 0) {
        const found = action.commands.map((command) => command.argv.join(' '));
        t.fail('ran unseen', { line: argv.join(' '), ran: silent.map((words) => words.join(' ')), found });
      }
    }
    t.pass(`${ran} stand-ins ran`);
  });
}
