/** Reads the small JSON body of a request that changes something. */
import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import { ChaperoneError } from '../errors.ts';

/**
 * @param limit bytes
 * @throws ChaperoneError `TOO_LARGE`, or `USAGE` where it is not what the schema says
 */
export async function readJson<T>(
  request: IncomingMessage,
  { schema, limit }: { schema: z.ZodType<T>; limit: number },
): Promise<T> {
  // A form of another site cannot send this type without asking first.
  if (!/^application\/json(?:;|$)/i.test(request.headers['content-type'] ?? ''))
    throw new ChaperoneError('USAGE', 'the body must be application/json');
  const read = schema.safeParse(parse(await whole(request, limit)));
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  throw new ChaperoneError('USAGE', `${issue?.path.join('.') || 'the body'}: ${issue?.message ?? 'wrong'}`);
}

async function whole(request: IncomingMessage, limit: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > limit) throw new ChaperoneError('TOO_LARGE', `the body is longer than ${limit} bytes`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new ChaperoneError('USAGE', 'the body is not JSON');
  }
}
