/** The launcher under the sanitizers: sidecars that are none, and frames of any kind. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { encodeFrame } from '../../../sidecar/agent/frame.ts';
import { encodeSidecarFrame, type SidecarFrame } from '../../../sidecar/agent/shell-frame.ts';
import { needs } from '../../tool.ts';
import { beside, run } from './beside.ts';
import { compile, launchers, SANITIZED } from './built.ts';
import { outputs } from './keeper.ts';

t.setTimeout(120_000);

const LONG = process.env.CHAPERONE_LONG !== undefined;
const scratch = mkdtempSync(join(tmpdir(), 'chaperone-hostile-'));
t.teardown(() => rmSync(scratch, { recursive: true, force: true }));

const verdict: SidecarFrame = {
  ...{ kind: 'verdict', run: true, relay: outputs, message: Buffer.alloc(0), argv: [], environment: [] },
  token: Buffer.alloc(32, 1),
};
const good = encodeSidecarFrame(verdict);
const ack = (stdout: number) =>
  encodeSidecarFrame({ kind: 'ack', stored: { stdout, stderr: 0, terminal: 0 } });

/** A sidecar that says that, whatever it hears. */
async function sidecar(name: string, says: (socket: Socket, heard: number) => void): Promise<string> {
  const path = join(scratch, name);
  const server = createServer((socket) => {
    let heard = 0;
    socket.on('error', () => undefined);
    socket.on('data', () => says(socket, heard++));
  });
  await new Promise<void>((done) => server.listen(path, done));
  t.teardown(() => server.close());
  return path;
}

t.test('a sidecar that is none is a refusal', async (t) => {
  if (!needs(t, 'cc')) return;
  const bash = join(await launchers('sanitized'), 'bash');
  const lie = (change: (bytes: Buffer) => void) => {
    const bytes = Buffer.from(good);
    change(bytes);
    return bytes;
  };
  const answers: Record<string, Buffer> = {
    nothing: Buffer.alloc(0),
    'half a head': Buffer.from('000000', 'hex'),
    'another version': lie((bytes) => (bytes[4] = 2)),
    'a question': encodeFrame({ kind: 3, payload: Buffer.alloc(100) }),
    'an answer to a hook': encodeFrame({ kind: 2, payload: Buffer.alloc(100) }),
    'a huge length': Buffer.from('ffffffff0104', 'hex'),
    'no length': Buffer.from('000000010104', 'hex'),
    'an unknown effect': lie((bytes) => (bytes[6] = 2)),
    'unknown streams': lie((bytes) => (bytes[7] = 16)),
    'a message longer than it': lie((bytes) => bytes.writeUInt32BE(0xffffffff, 8)),
    'a list longer than it': lie((bytes) => bytes.writeUInt32BE(0x3fffffff, 12)),
    'a NUL in an argument': encodeSidecarFrame({ ...verdict, argv: [Buffer.from('a\0b')] }),
    'more behind it': Buffer.from(`${good.toString('hex').replace(/^00000034/, '00000035')}00`, 'hex'),
    'an acknowledgement': ack(0),
    'a cut verdict': good.subarray(0, 20),
    garbage: Buffer.alloc(70_000, 0x41),
  };
  const given = { args: ['-c', 'echo it ran'] };
  await Promise.all(
    Object.entries(answers).map(async ([name, bytes], i) => {
      const env = { PATH: '/bin', CHAPERONE_SOCKET: await sidecar(`a${i}`, (socket) => socket.end(bytes)) };
      const outcome = await run(bash, { ...given, options: { env } });
      t.match(
        outcome,
        { stdout: '', status: 126, stderr: /^chaperone: bash is refused, because .*\n$/ },
        name,
      );
    }),
  );
});

t.test('one that lies later delivers nothing that it did not store', async (t) => {
  if (!needs(t, 'cc')) return;
  const bash = join(await launchers('sanitized'), 'bash');
  const lies: Record<string, Buffer> = {
    'more than was sent': ack(1000),
    'a second verdict': good,
    'a script that nobody sent': encodeSidecarFrame({ kind: 'pass', bytes: Buffer.alloc(60_000) }),
    garbage: Buffer.alloc(100, 0x41),
  };
  await Promise.all(
    Object.entries(lies).map(async ([name, bytes], i) => {
      let connections = 0;
      const close = encodeSidecarFrame({ kind: 'close', message: Buffer.from('enough\n') });
      const path = await sidecar(`l${i}`, (socket, heard) => {
        if (heard === 0) socket.write(++connections === 1 ? good : close);
        else if (connections === 1) socket.write(bytes);
      });
      const options = { env: { PATH: '/bin', CHAPERONE_SOCKET: path } };
      const outcome = await run(bash, { args: ['-c', 'echo out; read x; sleep 5'], options });
      t.match(outcome, { stdout: '', stderr: 'enough\n' }, name);
    }),
  );
});

t.test('the real thing, under the sanitizers', async (t) => {
  if (!needs(t, 'cc')) return;
  const both = await beside(t, {}, 'sanitized');
  const commands = {
    streams: ['echo a; echo b >&2; exit 3', { stdout: 'a\n', stderr: 'b\n', status: 3 }],
    much: ['head -c 3000000 /dev/zero | tr "\\0" x', { stdout: 'x'.repeat(3_000_000), status: 0 }],
    signal: ['kill -TERM $$', { signal: 'SIGTERM' }],
    group: ['trap "echo heard" USR1; kill -USR1 0; echo end', { stdout: 'heard\nend\n' }],
    background: ['(sleep 0.1; echo late) & echo x', { stdout: 'x\nlate\n' }],
    nested: ['bash -c "echo deep; exit 4"; echo $?', { stdout: 'deep\n4\n' }],
  } as const;
  for (const [name, [command, expected]] of Object.entries(commands))
    t.match(
      await run(both.launched.shell('bash'), { args: ['-c', command], options: { env: both.launched.env } }),
      { stderr: '', ...expected },
      name,
    );
});

t.test('frames of any kind are read within their bounds', async (t) => {
  if (!needs(t, 'cc')) return;
  const root = resolve(import.meta.dirname, '../../..');
  const program = join(scratch, 'fuzz');
  const sources = ['frame.c', 'verdict.c'].map((name) => join(root, 'sidecar/launcher', name));
  compile(program, [
    ...SANITIZED,
    `-I${root}/sidecar/launcher`,
    join(import.meta.dirname, 'fuzz.c'),
    ...sources,
  ]);
  const corpus = fc.sample(
    fc.record({
      run: fc.boolean(),
      message: fc.uint8Array({ maxLength: 40 }),
      argv: fc.array(fc.uint8Array({ maxLength: 12 }), { maxLength: 5 }),
      environment: fc.array(fc.uint8Array({ maxLength: 12 }), { maxLength: 5 }),
    }),
    { seed: 20261122, numRuns: 40 },
  );
  const buffers = (all: Uint8Array[]) => all.map((one) => Buffer.from(one));
  const input = Buffer.concat(
    corpus.map(({ run: runs, message, argv, environment }) =>
      encodeSidecarFrame({
        ...{ kind: 'verdict', run: runs, relay: outputs, message: Buffer.from(message) },
        ...{ argv: buffers(argv), environment: buffers(environment), token: Buffer.alloc(32) },
      }),
    ),
  );
  const rounds = LONG ? 5_000_000 : 150_000;
  const { status, stdout, stderr } = spawnSync(program, [String(rounds), '20261122'], {
    input,
    timeout: 120_000,
  });
  t.equal(status, 0, String(stderr).slice(0, 2000));
  const [, whole, broken, lies] = /^(\d+) verdicts, (\d+) broken, (\d+) no frames/.exec(String(stdout)) ?? [];
  t.ok(
    Number(whole) > rounds / 100 && Number(broken) > rounds / 100 && Number(lies) > rounds / 100,
    String(stdout),
  );
});
