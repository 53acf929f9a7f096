/** The socket: frames in whatever pieces, hostile peers, and the program that speaks it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { Door, type DoorOptions } from '../../../sidecar/agent/door.ts';
import { encodeAnswer, encodeFrame, FRAME_LIMIT, KINDS } from '../../../sidecar/agent/frame.ts';
import { FrameStream } from '../../../sidecar/agent/frame-stream.ts';
import { needs } from '../../tool.ts';
import { launcher } from '../launcher/built.ts';

const scratch = mkdtempSync(join(tmpdir(), 'chaperone-door-'));
t.teardown(() => rmSync(scratch, { recursive: true }));

t.test('a frame is one whatever the cuts; what is none is refused', async (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.array(fc.nat(305)), (payload, cuts) => {
      const bytes = encodeFrame({ kind: 1, payload: Buffer.from(payload) });
      const places = [...new Set(cuts.filter((cut) => cut < bytes.length))].sort((a, b) => a - b);
      const reader = new FrameStream(() => FRAME_LIMIT);
      const found = [...places, bytes.length].flatMap((to, i) =>
        reader.push(bytes.subarray(places[i - 1] ?? 0, to)),
      );
      if (found.length !== 1 || !found[0]!.payload.equals(payload))
        throw new Error('it is not what was sent');
    }),
    { seed: 20261122 },
  );
  for (const hostile of ['000000000101', '000000010101', 'ffffffff0101', '00000002ff01'])
    t.throws(() => new FrameStream(() => FRAME_LIMIT).push(Buffer.from(hostile, 'hex')), { code: 'USAGE' });
});

async function opened(t: Test, hook: DoorOptions['hook'], name = 'agent.sock') {
  const path = join(scratch, name);
  const reports: unknown[] = [];
  const door = await Door.open({ path, hook, report: (error) => reports.push(error) });
  t.teardown(() => door.close());
  return { path, reports, door };
}

const echo = async (bytes: Uint8Array) => ({ status: 0, stdout: Buffer.from(bytes).toString(), stderr: '' });

async function said(path: string, bytes: Buffer, end = true): Promise<Buffer> {
  const socket = connect(path);
  const pieces: Buffer[] = [];
  socket.on('data', (piece: Buffer) => pieces.push(piece));
  socket.on('error', () => undefined);
  if (end) socket.end(bytes);
  else socket.write(bytes);
  await once(socket, 'close');
  return Buffer.concat(pieces);
}

t.test('hostile peers get nothing, and others are served meanwhile', async (t) => {
  const { path } = await opened(t, echo);
  t.equal(statSync(path).mode & 0o777, 0o600);
  const question = encodeFrame({ kind: KINDS.hook, payload: Buffer.from('{}') });
  const idle: Socket[] = Array.from({ length: 50 }, () => connect(path));
  for (const one of idle) one.on('error', () => undefined);
  for (const garbage of [
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    Buffer.from('ffffffff0101', 'hex'),
    Buffer.alloc(100_000, 1),
    encodeFrame({ kind: KINDS.answer, payload: Buffer.from('x') }),
    Buffer.concat([question, question]),
    question.subarray(0, 5),
  ])
    t.equal((await said(path, garbage)).length, 0);
  t.same(await said(path, question, false), encodeAnswer({ status: 0, stdout: '{}', stderr: '' }));
  for (const one of idle) one.destroy();
});

t.test('who asked and left is told to be gone', async (t) => {
  const { promise, resolve: gone } = Promise.withResolvers<void>();
  const { path } = await opened(t, (_, signal) => {
    signal.addEventListener('abort', () => gone());
    return new Promise(() => undefined);
  });
  const socket = connect(path);
  socket.write(encodeFrame({ kind: KINDS.hook, payload: Buffer.from('{}') }));
  await setTimeout(50);
  socket.destroy();
  await promise;
  t.pass('it was told');
});

t.test('the place: a stale socket is taken, a living one and a file are not', async (t) => {
  const { path, door } = await opened(t, echo, 'place');
  await t.rejects(Door.open({ path, hook: echo, report: () => undefined }), { code: 'PORT_IN_USE' });
  await door.close();
  writeFileSync(path, 'mine');
  await t.rejects(Door.open({ path, hook: echo, report: () => undefined }), { code: 'USAGE' });
  rmSync(path);
  const dead = spawn(process.execPath, [
    '-e',
    `require('net').createServer().listen(${JSON.stringify(path)}, () => console.log('up'))`,
  ]);
  await once(dead.stdout, 'data');
  dead.kill('SIGKILL');
  await once(dead, 'exit');
  t.ok(statSync(path).isSocket(), 'it is left behind');
  const again = await Door.open({ path, hook: echo, report: () => undefined });
  await again.close();
  await t.rejects(Door.open({ path: `/${'x'.repeat(120)}`, hook: echo, report: () => undefined }), {
    code: 'USAGE',
  });
});

async function ran(program: string, args: string[], input: string | Buffer) {
  const child = spawn(program, args, { env: { PATH: process.env.PATH } });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on('data', (piece) => out.push(piece));
  child.stderr.on('data', (piece) => err.push(piece));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [status] = await once(child, 'close');
  return { status, stdout: Buffer.concat(out).toString(), stderr: Buffer.concat(err).toString() };
}

t.test('chaperone-hook, under the address and undefined behaviour sanitizers', async (t) => {
  if (!needs(t, 'cc')) return;
  const program = await launcher('sanitized', 'chaperone-hook');
  await t.test('hands over what it is given and gives back what it is told', async (t) => {
    const { path } = await opened(t, async (bytes: Uint8Array) => ({
      status: bytes.length % 3,
      stdout: `${bytes.length}`,
      stderr: 'said',
    }));
    for (const length of [0, 1, 2, 65_530, 65_536, 3_000_000])
      t.same(await ran(program, [path], Buffer.alloc(length, 'a')), {
        status: length % 3,
        stdout: `${length}`,
        stderr: 'said',
      });
  });
  await t.test('denies where there is nobody, nothing, or too much', async (t) => {
    const { path } = await opened(t, echo);
    t.match(await ran(program, [join(scratch, 'none')], '{}'), {
      status: 2,
      stdout: '',
      stderr: /nobody answers/,
    });
    t.match(await ran(program, [], '{}'), { status: 2, stderr: /usage/ });
    t.match(await ran(program, [`/${'x'.repeat(200)}`], '{}'), { status: 2, stderr: /too long/ });
    t.match(await ran(program, [path], Buffer.alloc(33 << 20)), {
      status: 2,
      stderr: /more than is looked at/,
    });
  });
  await t.test('a sidecar that is none is denied', async (t) => {
    const answers: Record<string, Buffer> = {
      nothing: Buffer.alloc(0),
      'half a head': Buffer.from('0000', 'hex'),
      'a huge answer': Buffer.from('ffffffff0102', 'hex'),
      'a tiny answer': Buffer.from('000000020102', 'hex'),
      'another version': Buffer.from('00000007020200000000', 'hex'),
      'a question': Buffer.from('00000007010100000000', 'hex'),
      'a cut answer': Buffer.from('0000001001020000000004', 'hex'),
      'a text longer than the answer': Buffer.from('0000000701020000000010', 'hex'),
      garbage: Buffer.alloc(5000, 0x41),
    };
    for (const [name, bytes] of Object.entries(answers)) {
      const path = join(scratch, `hostile-${name.replaceAll(' ', '-')}`);
      const server = createServer((socket) => {
        socket.on('error', () => undefined);
        socket.once('data', () => socket.end(bytes));
      });
      await new Promise<void>((done) => server.listen(path, done));
      t.match(await ran(program, [path], '{}'), { status: 2, stdout: '' }, name);
      await new Promise((done) => server.close(done));
    }
  });
});
