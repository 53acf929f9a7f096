/**
 * What the launcher and we say to one another, one connection a shell; the frames themselves are in frame.ts. Pure.
 *
 *     launcher                                 sidecar
 *        │ 3 shell ──────────────────────────────▶ │   who runs what, where, with which streams
 *        │ ◀────────────────────────────── 11 wait │   at once and every second, while it is decided
 *        │ ◀─────────────────────────── 4 verdict  │
 *        │ 5 data, 6 resize ─────────────────────▶ │   output, held back until it is
 *        │ ◀─────────────────────────────── 12 ack │   stored
 *        │ 7 script ─────────────────────────────▶ │   what comes on stdin where that is the script
 *        │ ◀───────────────────── 13 pass, 14 stop │   and what of it goes on
 *        │ 8 exited, 9 end ──────────────────────▶ │
 *        │ ◀───────────────────────────── 15 close │   the session cannot go on
 *        │ 10 resume ────────────────────────────▶ │   on a new connection after this one broke; answered by 12 or 4
 */
import { FieldReader, FieldWriter, malformed } from './fields.ts';
import { encodeFrame, type Frame } from './frame.ts';

export const SHELL_KINDS = {
  shell: 3,
  verdict: 4,
  data: 5,
  resize: 6,
  script: 7,
  exited: 8,
  end: 9,
  resume: 10,
  wait: 11,
  ack: 12,
  pass: 13,
  stop: 14,
  close: 15,
} as const;

const KIB = 1024;
/** The longest payload of a frame, in bytes: a question brings a script. */
export const SHELL_LIMITS = { question: 1024 * KIB, other: 64 * KIB } as const;

/** What a standard stream of the shell is. */
export const STREAM_KINDS = ['closed', 'pipe', 'socket', 'file', 'terminal', 'null', 'other'] as const;
export type StreamKind = (typeof STREAM_KINDS)[number];

export interface StreamDescription {
  kind: StreamKind;
  dev: bigint;
  ino: bigint;
}

export interface ShellQuestion {
  kind: 'shell';
  terminal: { stdin: boolean; stdout: boolean; stderr: boolean };
  /** It runs already: we were away, and the policy lets it run then. */
  running: boolean;
  columns: number;
  rows: number;
  pid: number;
  ppid: number;
  streams: { stdin: StreamDescription; stdout: StreamDescription; stderr: StreamDescription };
  /** The path of the real shell. */
  shell: Buffer;
  cwd: Buffer;
  argv: Buffer[];
  /** `NAME=value`, of the names that matter. */
  environment: Buffer[];
  /** As in /proc/PID/cmdline. */
  parent: Buffer;
  /** Null where there is none, or it comes through a pipe. */
  script: { bytes: Buffer; cut: boolean } | null;
}

/** Bytes of each stream. */
export interface Offsets {
  stdout: number;
  stderr: number;
  terminal: number;
}

export const DATA_STREAMS = ['stdout', 'stderr', 'terminal'] as const;
export type DataStream = (typeof DATA_STREAMS)[number];

export type LauncherFrame =
  | ShellQuestion
  | { kind: 'data'; stream: DataStream; offset: number; bytes: Buffer }
  | { kind: 'resize'; columns: number; rows: number }
  | { kind: 'script'; offset: number; bytes: Buffer }
  | { kind: 'exited'; signal: boolean; code: number }
  | { kind: 'end' }
  | { kind: 'resume'; token: Buffer; acknowledged: Offsets };

export interface Verdict {
  kind: 'verdict';
  run: boolean;
  relay: { stdout: boolean; stderr: boolean; terminal: boolean; script: boolean };
  /** For stderr, where it is refused. */
  message: Buffer;
  /** What is run instead; empty: what was asked for. */
  argv: Buffer[];
  /** `NAME=value` sets, `NAME` alone unsets. */
  environment: Buffer[];
  token: Buffer;
}

export type SidecarFrame =
  | Verdict
  | { kind: 'wait' }
  | { kind: 'ack'; stored: Offsets }
  | { kind: 'pass'; bytes: Buffer }
  | { kind: 'stop'; status: number; message: Buffer }
  | { kind: 'close'; message: Buffer };

const bit = (is: boolean, place: number) => (is ? 1 << place : 0);
const has = (flags: number, place: number) => (flags & (1 << place)) !== 0;

export function encodeLauncherFrame(frame: LauncherFrame): Buffer {
  return encodeFrame({ kind: SHELL_KINDS[frame.kind], payload: launcherPayload(frame) });
}

export function encodeSidecarFrame(frame: SidecarFrame): Buffer {
  return encodeFrame({ kind: SHELL_KINDS[frame.kind], payload: sidecarPayload(frame) });
}

function launcherPayload(frame: LauncherFrame): Buffer {
  const out = new FieldWriter();
  switch (frame.kind) {
    case 'shell':
      return questionPayload(frame);
    case 'data':
      return out
        .u8(DATA_STREAMS.indexOf(frame.stream) + 1)
        .u64(frame.offset)
        .raw(frame.bytes)
        .done();
    case 'resize':
      return out.u16(frame.columns).u16(frame.rows).done();
    case 'script':
      return out.u64(frame.offset).raw(frame.bytes).done();
    case 'exited':
      return out
        .u8(frame.signal ? 1 : 0)
        .u8(frame.code)
        .done();
    case 'end':
      return out.done();
    case 'resume':
      return writeOffsets(out.bytes(frame.token), frame.acknowledged).done();
  }
}

function questionPayload(frame: ShellQuestion): Buffer {
  const { stdin, stdout, stderr } = frame.terminal;
  const out = new FieldWriter();
  out.u8(bit(stdin, 0) | bit(stdout, 1) | bit(stderr, 2) | bit(frame.running, 7));
  out.u16(frame.columns).u16(frame.rows).u32(frame.pid).u32(frame.ppid);
  for (const stream of [frame.streams.stdin, frame.streams.stdout, frame.streams.stderr])
    out.u8(STREAM_KINDS.indexOf(stream.kind)).u64(stream.dev).u64(stream.ino);
  out.bytes(frame.shell).bytes(frame.cwd).list(frame.argv).list(frame.environment).bytes(frame.parent);
  out.bytes(frame.script?.bytes ?? Buffer.alloc(0));
  return out.u8(bit(frame.script !== null, 0) | bit(frame.script?.cut === true, 1)).done();
}

function sidecarPayload(frame: SidecarFrame): Buffer {
  const out = new FieldWriter();
  switch (frame.kind) {
    case 'verdict': {
      const { stdout, stderr, terminal, script } = frame.relay;
      out.u8(frame.run ? 0 : 1).u8(bit(stdout, 0) | bit(stderr, 1) | bit(terminal, 2) | bit(script, 3));
      return out.bytes(frame.message).list(frame.argv).list(frame.environment).bytes(frame.token).done();
    }
    case 'wait':
      return out.done();
    case 'ack':
      return writeOffsets(out, frame.stored).done();
    case 'pass':
      return out.raw(frame.bytes).done();
    case 'stop':
      return out.u8(frame.status).bytes(frame.message).done();
    case 'close':
      return out.bytes(frame.message).done();
  }
}

function writeOffsets(out: FieldWriter, { stdout, stderr, terminal }: Offsets): FieldWriter {
  return out.u64(stdout).u64(stderr).u64(terminal);
}

/** The longest payload that a launcher may send, for FrameStream. */
export function launcherLimit(kind: number): number {
  const kinds: readonly number[] = [5, 6, 7, 8, 9, 10];
  return kind === SHELL_KINDS.shell ? SHELL_LIMITS.question : kinds.includes(kind) ? SHELL_LIMITS.other : -1;
}

/** The longest payload that a sidecar may send. A verdict gives back an argv that was asked about. */
export function sidecarLimit(kind: number): number {
  return kind === SHELL_KINDS.verdict
    ? SHELL_LIMITS.question
    : kind >= 11 && kind <= 15
      ? SHELL_LIMITS.other
      : -1;
}

/** @throws ChaperoneError `USAGE` where it is none that a launcher sends */
export function decodeLauncherFrame({ kind, payload }: Frame): LauncherFrame {
  const fields = new FieldReader(payload);
  const frame = readLauncher(kind, fields);
  fields.end();
  return frame;
}

function readLauncher(kind: number, fields: FieldReader): LauncherFrame {
  switch (kind) {
    case SHELL_KINDS.shell:
      return readQuestion(fields);
    case SHELL_KINDS.data:
      return {
        kind: 'data',
        stream: oneOf(DATA_STREAMS, fields.u8() - 1),
        offset: fields.offset(),
        bytes: fields.rest(),
      };
    case SHELL_KINDS.resize:
      return { kind: 'resize', columns: fields.u16(), rows: fields.u16() };
    case SHELL_KINDS.script:
      return { kind: 'script', offset: fields.offset(), bytes: fields.rest() };
    case SHELL_KINDS.exited:
      return { kind: 'exited', signal: oneOf([false, true], fields.u8()), code: fields.u8() };
    case SHELL_KINDS.end:
      return { kind: 'end' };
    case SHELL_KINDS.resume:
      return { kind: 'resume', token: fields.bytes(), acknowledged: readOffsets(fields) };
    default:
      throw malformed(`a launcher sends no kind ${kind}`);
  }
}

function readQuestion(fields: FieldReader): ShellQuestion {
  const flags = fields.u8();
  if ((flags & 0x78) !== 0) throw malformed('flags that are not known');
  const size = { columns: fields.u16(), rows: fields.u16() };
  const ids = { pid: fields.u32(), ppid: fields.u32() };
  const stream = () => ({ kind: oneOf(STREAM_KINDS, fields.u8()), dev: fields.u64(), ino: fields.u64() });
  const streams = { stdin: stream(), stdout: stream(), stderr: stream() };
  const place = { shell: fields.bytes(), cwd: fields.bytes() };
  const given = { argv: fields.list(), environment: fields.list(), parent: fields.bytes() };
  const script = fields.bytes();
  const told = oneOf([0, 1, null, 3], fields.u8());
  if (told === null || (told === 0 && script.length > 0)) throw malformed('a script and none');
  return {
    kind: 'shell',
    terminal: { stdin: has(flags, 0), stdout: has(flags, 1), stderr: has(flags, 2) },
    running: has(flags, 7),
    ...size,
    ...ids,
    streams,
    ...place,
    ...given,
    script: told === 0 ? null : { bytes: script, cut: told === 3 },
  };
}

/** @throws ChaperoneError `USAGE` where it is none that a sidecar sends */
export function decodeSidecarFrame({ kind, payload }: Frame): SidecarFrame {
  const fields = new FieldReader(payload);
  const frame = readSidecar(kind, fields);
  fields.end();
  return frame;
}

function readSidecar(kind: number, fields: FieldReader): SidecarFrame {
  switch (kind) {
    case SHELL_KINDS.verdict:
      return readVerdict(fields);
    case SHELL_KINDS.wait:
      return { kind: 'wait' };
    case SHELL_KINDS.ack:
      return { kind: 'ack', stored: readOffsets(fields) };
    case SHELL_KINDS.pass:
      return { kind: 'pass', bytes: fields.rest() };
    case SHELL_KINDS.stop:
      return { kind: 'stop', status: fields.u8(), message: fields.bytes() };
    case SHELL_KINDS.close:
      return { kind: 'close', message: fields.bytes() };
    default:
      throw malformed(`a sidecar sends no kind ${kind}`);
  }
}

function readVerdict(fields: FieldReader): Verdict {
  const run = oneOf([true, false], fields.u8());
  const flags = fields.u8();
  if (flags > 15) throw malformed('streams that are not known');
  return {
    kind: 'verdict',
    run,
    relay: { stdout: has(flags, 0), stderr: has(flags, 1), terminal: has(flags, 2), script: has(flags, 3) },
    message: fields.bytes(),
    argv: fields.list(),
    environment: fields.list(),
    token: fields.bytes(),
  };
}

function readOffsets(fields: FieldReader): Offsets {
  return { stdout: fields.offset(), stderr: fields.offset(), terminal: fields.offset() };
}

function oneOf<T>(values: readonly T[], index: number): T {
  if (index < 0 || index >= values.length) throw malformed(`${index} stands for nothing`);
  return values[index]!;
}
