/** Who reads what is typed or piped into a remote command. */
import t from 'tap';
import { analyseArgv } from '../../../../sidecar/command/analyse.ts';
import { readProgram } from '../../../../sidecar/kube/remote/program.ts';

const SHELLS = [
  ['bash'],
  ['sh', '-s'],
  ['env', 'A=1', 'dash'],
  ['sudo', '-i'],
  ['su', 'postgres'],
  ['sh', '-c', 'command -v bash >/dev/null && exec bash || exec sh'],
  ['sh', '-c', 'cat >/tmp/f; sh'],
];
const REST = { stdout: true, tty: false };
const DATA = [['md5sum'], ['tar', '-xmf', '-'], ['sh', '-c', 'cat > f'], ['bash', '-c', 'read x']];

t.test('a shell that reads, and what is no shell', async (t) => {
  for (const command of SHELLS) {
    const { reads, action } = readProgram({ command, stdin: true, ...REST }, analyseArgv);
    t.equal(reads, 'commands', command.join(' '));
    t.same(action?.unknown, [], 'which is judged as it comes');
    t.equal(
      readProgram({ command, stdin: false, ...REST }, analyseArgv).reads,
      'data',
      'there is nothing to read',
    );
  }
  for (const command of DATA)
    t.equal(readProgram({ command, stdin: true, ...REST }, analyseArgv).reads, 'data', command.join(' '));
  t.same(
    readProgram({ command: [], stdin: true, ...REST }, analyseArgv),
    { action: null, reads: 'unknown', copy: null },
    'attach',
  );
});

t.test('another language is unknown where something flows in', async (t) => {
  const codes = (stdin: boolean) =>
    readProgram({ command: ['python3'], stdin, ...REST }, analyseArgv).action?.unknown.map(
      ({ code }) => code,
    );
  t.same(codes(true), ['code-on-stdin']);
  t.same(codes(false), []);
});
