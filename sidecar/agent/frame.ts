/**
 * What passes on the socket between a container that is guarded and us: one question and its answer a connection. Pure.
 *
 *      0       4         5      6
 *     ┌───────┬─────────┬──────┬─────────┐   length: big-endian, of all that follows it
 *     │ length│ version │ kind │ payload │   version: 1
 *     └───────┴─────────┴──────┴─────────┘
 *
 *     kind 1, a hook of Cursor:  the JSON that it was given
 *     kind 2, its answer:        exit status (1), length of what is said on standard output (4), that, and what is said on
 *                                standard error
 */
export const VERSION = 1;
export const KINDS = { hook: 1, answer: 2 } as const;
/** A hook is given whole files. */
export const FRAME_LIMIT = 32 * 1024 * 1024;
const HEAD = 4;

export interface Frame {
  kind: number;
  payload: Buffer;
}

export function encodeFrame({ kind, payload }: Frame): Buffer {
  const head = Buffer.alloc(HEAD + 2);
  head.writeUInt32BE(payload.length + 2, 0);
  head[HEAD] = VERSION;
  head[HEAD + 1] = kind;
  return Buffer.concat([head, payload]);
}

export interface HookAnswer {
  status: number;
  stdout: string;
  stderr: string;
}

export function encodeAnswer({ status, stdout, stderr }: HookAnswer): Buffer {
  const out = Buffer.from(stdout);
  const head = Buffer.alloc(5);
  head[0] = status;
  head.writeUInt32BE(out.length, 1);
  return encodeFrame({ kind: KINDS.answer, payload: Buffer.concat([head, out, Buffer.from(stderr)]) });
}
