/** An answer that is no upgrade: all of it, as the client gets it. */
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { BodySummary } from '../../../recorder/audit/request.ts';
import type { Vault } from '../../mask/vault.ts';
import { JSON_TYPE } from '../../request/media-type.ts';
import type { Heard } from '../../request/trial/trial.ts';
import { answerHead, withoutLength } from '../proxy/head.ts';
import { mediaType, wholeBody } from '../proxy/ledger.ts';
import { rawHead } from '../proxy/reply.ts';

export interface WholeAnswer {
  status: number;
  /** `403 Forbidden` */
  said: string;
  summary: BodySummary;
  /** What is kept of the body. */
  kept: Uint8Array;
  /** For the client: the connection ends with it. */
  bytes: Buffer;
}

/** The API server's Status is small. */
const LIMIT = 1 << 20;

/** @throws Error where it breaks off, is none, or is longer than an answer can be that is not an upgrade */
export async function wholeAnswer(response: IncomingMessage, vault: Vault): Promise<WholeAnswer> {
  const { statusCode = 0, statusMessage = '', rawHeaders } = response;
  if (statusCode < 200) throw new Error(`the API server answered ${statusCode}, which is no answer`);
  const heard = { status: statusCode, headers: rawHeaders, body: await bodyOf(response) };
  return passable(heard, vault, statusMessage);
}

/** An answer of the server's, as its own words to the client. */
export function passable(
  { status, headers, body }: Heard,
  vault: Vault,
  message: string = STATUS_CODES[status] ?? '',
): WholeAnswer {
  const answered = answerHead(status, message, headers);
  const type = mediaType(answered.contentType);
  const { record, agent, masked } = vault.known().mask(body, type.startsWith(JSON_TYPE) ? 'json' : 'stars');
  const said = `${status} ${message.replace(/[^\x20-\x7e]/g, '')}`;
  const head = rawHead(said, [
    ...withoutLength(answered),
    ['Connection', 'close'],
    ['Content-Length', String(agent.length)],
  ]);
  return {
    status,
    said: said.trim(),
    bytes: Buffer.concat([head, agent]),
    ...wholeBody({ stored: record, sent: body.length, masked }, type, LIMIT),
  };
}

async function bodyOf(response: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of response) {
    pieces.push(piece);
    length += piece.length;
    if (length > LIMIT) throw new Error(`the API server answered with more than ${LIMIT} bytes`);
  }
  return Buffer.concat(pieces);
}
