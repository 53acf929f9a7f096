/** Frames of the launcher: what is encoded is decoded, in whatever pieces; what is none is refused. */
import fc from 'fast-check';
import t from 'tap';
import { encodeFrame, type Frame } from '../../../sidecar/agent/frame.ts';
import { FrameStream } from '../../../sidecar/agent/frame-stream.ts';
import {
  DATA_STREAMS,
  decodeLauncherFrame,
  decodeSidecarFrame,
  encodeLauncherFrame,
  encodeSidecarFrame,
  type LauncherFrame,
  launcherLimit,
  type SidecarFrame,
  STREAM_KINDS,
  sidecarLimit,
} from '../../../sidecar/agent/shell-frame.ts';

const seeded = { seed: 20261122, numRuns: 300 };
const bytes = fc.uint8Array({ maxLength: 80 }).map((all) => Buffer.from(all));
const list = fc.array(bytes, { maxLength: 5 });
const offset = fc.maxSafeNat();
const u16 = fc.nat(0xffff);
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const offsets = fc.record({ stdout: offset, stderr: offset, terminal: offset });
const stream = fc.record({ kind: fc.constantFrom(...STREAM_KINDS), dev: u64, ino: u64 });

const launcherFrames: fc.Arbitrary<LauncherFrame> = fc.oneof(
  fc.record({
    kind: fc.constant('shell' as const),
    terminal: fc.record({ stdin: fc.boolean(), stdout: fc.boolean(), stderr: fc.boolean() }),
    running: fc.boolean(),
    columns: u16,
    rows: u16,
    pid: fc.nat(),
    ppid: fc.nat(),
    streams: fc.record({ stdin: stream, stdout: stream, stderr: stream }),
    shell: bytes,
    cwd: bytes,
    argv: list,
    environment: list,
    parent: bytes,
    script: fc.option(fc.record({ bytes, cut: fc.boolean() })),
  }),
  fc.record({ kind: fc.constant('data' as const), stream: fc.constantFrom(...DATA_STREAMS), offset, bytes }),
  fc.record({ kind: fc.constant('resize' as const), columns: u16, rows: u16 }),
  fc.record({ kind: fc.constant('script' as const), offset, bytes }),
  fc.record({ kind: fc.constant('exited' as const), signal: fc.boolean(), code: fc.nat(255) }),
  fc.constant({ kind: 'end' as const }),
  fc.record({ kind: fc.constant('resume' as const), token: bytes, acknowledged: offsets }),
);

const sidecarFrames: fc.Arbitrary<SidecarFrame> = fc.oneof(
  fc.record({
    kind: fc.constant('verdict' as const),
    run: fc.boolean(),
    relay: fc.record({
      stdout: fc.boolean(),
      stderr: fc.boolean(),
      terminal: fc.boolean(),
      script: fc.boolean(),
    }),
    message: bytes,
    argv: list,
    environment: list,
    token: bytes,
  }),
  fc.constant({ kind: 'wait' as const }),
  fc.record({ kind: fc.constant('ack' as const), stored: offsets }),
  fc.record({ kind: fc.constant('pass' as const), bytes }),
  fc.record({ kind: fc.constant('stop' as const), status: fc.nat(255), message: bytes }),
  fc.record({ kind: fc.constant('close' as const), message: bytes }),
);

/** Every frame of `sent`, taken apart and read again from pieces of those lengths. */
function read(sent: Buffer, lengths: number[], limit: (kind: number) => number): Frame[] {
  const reader = new FrameStream(limit);
  const found: Frame[] = [];
  let at = 0;
  for (const length of [...lengths, sent.length]) {
    found.push(...reader.push(sent.subarray(at, at + length)));
    at += length;
  }
  return found;
}

t.test('what a launcher says is understood, whatever the pieces', async (t) => {
  fc.assert(
    fc.property(fc.array(launcherFrames, { maxLength: 4 }), fc.array(fc.nat(200)), (frames, lengths) => {
      const sent = Buffer.concat(frames.map(encodeLauncherFrame));
      t.same(read(sent, lengths, launcherLimit).map(decodeLauncherFrame), frames);
    }),
    seeded,
  );
});

t.test('what a sidecar says is understood, whatever the pieces', async (t) => {
  fc.assert(
    fc.property(fc.array(sidecarFrames, { maxLength: 4 }), fc.array(fc.nat(60)), (frames, lengths) => {
      const sent = Buffer.concat(frames.map(encodeSidecarFrame));
      t.same(read(sent, lengths, sidecarLimit).map(decodeSidecarFrame), frames);
    }),
    seeded,
  );
});

t.test('whatever comes is a frame or USAGE, and what is a frame is encoded as it came', async (t) => {
  const kinds = fc.nat(20);
  fc.assert(
    fc.property(kinds, fc.uint8Array({ maxLength: 120 }), (kind, payload) => {
      for (const [decode, encode] of [
        [decodeLauncherFrame, encodeLauncherFrame],
        [decodeSidecarFrame, encodeSidecarFrame],
      ] as const) {
        const frame = { kind, payload: Buffer.from(payload) };
        try {
          const again = (encode as (frame: unknown) => Buffer)(decode(frame));
          if (!again.equals(encodeFrame(frame))) throw new Error('two encodings of one frame');
        } catch (error) {
          if ((error as { code?: string }).code !== 'USAGE') throw error;
        }
      }
    }),
    { ...seeded, numRuns: 3000 },
  );
  t.pass('3000 frames');
});

t.test('a frame that cut off, goes on, or tells more than it has is refused', async (t) => {
  fc.assert(
    fc.property(launcherFrames, fc.nat(), (frame, at) => {
      const whole = encodeLauncherFrame(frame).subarray(6);
      const kind = encodeLauncherFrame(frame)[5]!;
      if (frame.kind === 'data' || frame.kind === 'script') return;
      t.throws(() => decodeLauncherFrame({ kind, payload: Buffer.concat([whole, Buffer.of(0)]) }), {
        code: 'USAGE',
      });
      if (whole.length === 0) return;
      const cut = whole.subarray(0, at % whole.length);
      t.throws(() => decodeLauncherFrame({ kind, payload: cut }), { code: 'USAGE' });
    }),
    { ...seeded, numRuns: 100 },
  );
  const huge = Buffer.from('ffffffff', 'hex');
  t.throws(() => decodeSidecarFrame({ kind: 15, payload: huge }), { code: 'USAGE' });
  t.throws(() => decodeSidecarFrame({ kind: 4, payload: Buffer.concat([Buffer.alloc(6), huge]) }), {
    code: 'USAGE',
  });
});

t.test('the head is looked at before what follows is kept', async (t) => {
  const heads = [
    '000000000105',
    '000000010105',
    '000100030105',
    'ffffffff0103',
    '000000020205',
    '00000002010b',
  ];
  for (const head of heads)
    t.throws(() => new FrameStream(launcherLimit).push(Buffer.from(head, 'hex')), { code: 'USAGE' }, head);
  t.throws(() => new FrameStream(sidecarLimit).push(Buffer.from('000000020105', 'hex')), { code: 'USAGE' });
  const reader = new FrameStream(launcherLimit);
  t.same(reader.push(Buffer.from('0001000201', 'hex')), []);
  t.same(reader.push(Buffer.from('05', 'hex')), []);
  t.equal(reader.push(Buffer.alloc(65_536))[0]?.payload.length, 65_536);
  t.equal(reader.held, 0);
});
