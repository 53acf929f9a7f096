/** Whoever reaches the socket may say anything: it costs them their connection, and nobody else anything. */
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { encodeFrame } from '../../../sidecar/agent/frame.ts';
import { decodeLauncherFrame, encodeLauncherFrame, SHELL_KINDS } from '../../../sidecar/agent/shell-frame.ts';
import { Tokens } from '../../../sidecar/agent/tokens.ts';
import { type Caller, launched, question } from './launched.ts';

const NONE = { stdout: 0, stderr: 0, terminal: 0 };

/** A shell of somebody else goes on meanwhile. */
async function bystander({ call }: Awaited<ReturnType<typeof launched>>) {
  const caller = call();
  await caller.asks({});
  let said = 0;
  return async () => {
    caller.data('stdout', said, 'still here\n');
    said += 11;
    while ((await caller.stored()).stdout < said);
  };
}

t.test('out of turn, out of place, out of shape: the connection ends, and others go on', async (t) => {
  const place = await launched(t);
  const works = await bystander(place);
  const garbage: [string, (caller: Caller) => Promise<void> | void][] = [
    ['data before a question', (caller) => caller.data('stdout', 0, 'x')],
    ['an answer', (caller) => void caller.socket.write(encodeFrame({ kind: 4, payload: Buffer.alloc(9) }))],
    ['two questions at once', (caller) => caller.say(question({}), question({}))],
    ['no frame', (caller) => void caller.socket.write(randomBytes(100))],
    [
      'a question that is too long',
      (caller) => caller.say({ ...question({}), parent: Buffer.alloc(1 << 21) }),
    ],
    [
      'a list that is longer than its frame',
      (caller) => {
        const bytes = encodeLauncherFrame(question({ argv: ['sh', '-c', 'x'] }));
        const at = bytes.indexOf(Buffer.from('\0\0\0\x03\0\0\0\x02sh'));
        bytes.writeUInt32BE(0xffffffff, at);
        caller.socket.write(bytes);
      },
    ],
    ...(
      [
        ['output that leaves something out', (caller) => caller.data('stdout', 1, 'x')],
        ['output once more', (caller) => [1, 2].forEach(() => void caller.data('stdout', 0, 'x'))],
        ['output of another stream', (caller) => caller.data('terminal', 0, 'x')],
        [
          'a script that nobody waits for, then garbage',
          (caller) => void caller.socket.write(randomBytes(64)),
        ],
        ['another question', (caller) => caller.say(question({}))],
        ['a resume', (caller) => caller.say({ kind: 'resume', token: Buffer.alloc(42), acknowledged: NONE })],
        ['a frame of 64 KiB and more', (caller) => caller.data('stdout', 0, Buffer.alloc(1 << 16))],
      ] satisfies [string, (caller: Caller) => void][]
    ).map(([name, say]): [string, (caller: Caller) => Promise<void>] => [
      name,
      async (caller) => {
        await caller.asks({});
        say(caller);
      },
    ]),
  ];
  for (const [name, say] of garbage) {
    const caller = place.call();
    await say(caller);
    await caller.isClosed();
    await works();
    t.pass(name);
  }
  t.same(place.reports, []);
});

t.test('a session is not to be had by its id, nor by the token of another, nor of another log', async (t) => {
  const place = await launched(t);
  const caller = place.call();
  const { token } = await caller.asks({});
  const [session] = await place.sessions();
  const id = Buffer.from(session!.id);
  const other = (await place.call().asks({})).token;
  const forged = [
    id,
    Buffer.concat([id, Buffer.alloc(16)]),
    Buffer.concat([id, other.subarray(26)]),
    new Tokens(randomBytes(32)).resume(session!.id),
    Buffer.concat([token, Buffer.alloc(1)]),
    token.subarray(0, -1),
    Buffer.from(`system${token.subarray(6).toString('latin1')}`, 'latin1'),
    Buffer.alloc(0),
  ];
  for (const one of forged) {
    const thief = place.call();
    thief.say({ kind: 'resume', token: one, acknowledged: NONE });
    t.match(await thief.hears('verdict'), { run: false, token: Buffer.alloc(0) });
  }
  caller.data('stdout', 0, 'mine\n');
  t.equal((await caller.stored()).stdout, 5, 'it is untouched');
});

t.test(
  'a flood: of questions, of half questions, of sizes, of acknowledgements that nobody reads',
  async (t) => {
    const place = await launched(t);
    const works = await bystander(place);
    const half = encodeLauncherFrame(question({})).subarray(0, 50);
    const idle = Array.from({ length: 200 }, () => place.call());
    for (const caller of idle) caller.socket.write(half);
    const flood = Array.from({ length: 100 }, () => place.call());
    await Promise.all(flood.map((caller) => caller.asks({})));
    for (const caller of flood) caller.hangUp();
    await works();

    const deaf = place.call();
    await deaf.asks({
      stdin: 'terminal',
      stdout: 'terminal',
      stderr: 'terminal',
      argv: ['bash', '-c', 'vi'],
    });
    deaf.socket.pause();
    for (let at = 0; at < 2000; at++) {
      deaf.say({ kind: 'resize', columns: at + 1, rows: 24 });
      deaf.data('terminal', at, 'x');
    }
    await works();
    for (const caller of idle) caller.hangUp();
    deaf.hangUp();
    const { id } = (await place.sessions()).at(-1)!;
    t.ok((await place.bodies(id, 'session.resize')).length < 2000, 'sizes are taken together');
  },
);

t.test('whatever bytes come, a frame is one of ours or an error of ours', async () => {
  const kinds = Object.values(SHELL_KINDS);
  fc.assert(
    fc.property(fc.constantFrom(...kinds), fc.uint8Array({ maxLength: 200 }), (kind, payload) => {
      try {
        decodeLauncherFrame({ kind, payload: Buffer.from(payload) });
      } catch (error) {
        if ((error as { code?: string }).code !== 'USAGE') throw error;
      }
    }),
    { seed: 20261122, numRuns: 5000 },
  );
  const whole = encodeLauncherFrame(question({ environment: { A: 'b' }, script: 'ls' })).subarray(6);
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, byte) => {
      const payload = Buffer.from(whole);
      payload[at] = byte;
      try {
        decodeLauncherFrame({ kind: SHELL_KINDS.shell, payload });
      } catch (error) {
        if ((error as { code?: string }).code !== 'USAGE') throw error;
      }
    }),
    { seed: 20261122, numRuns: 5000 },
  );
});
