/** Reads the REST requests in the captured connections: one connection carries many, one after the other. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

export interface CapturedRequest {
  /** Folder and place in it, for messages. */
  name: string;
  scenario: string;
  method: string;
  target: string;
  rawHeaders: string[];
  /** Chunking undone. */
  body: Buffer;
}

export function restRequests(): CapturedRequest[] {
  return readdirSync(import.meta.dirname)
    .filter((folder) => folder.startsWith('rest-'))
    .flatMap((folder) =>
      readdirSync(join(import.meta.dirname, folder)).flatMap((file) => [...requestsOf(folder, file)]),
    );
}

function* requestsOf(folder: string, file: string): Generator<CapturedRequest> {
  const text = gunzipSync(readFileSync(join(import.meta.dirname, folder, file))).toString('utf8');
  const lines = text.trim().split('\n');
  const pieces = lines.map((line) => JSON.parse(line) as { from: string; b64?: string });
  const client = pieces
    .filter(({ from }) => from === 'client')
    .map(({ b64 = '' }) => Buffer.from(b64, 'base64'));
  let rest = Buffer.concat(client);
  for (let place = 0; rest.length > 0; place++) {
    const end = rest.indexOf('\r\n\r\n');
    const [line = '', ...fields] = rest.subarray(0, end).toString('latin1').split('\r\n');
    const [method = '', target = ''] = line.split(' ');
    const rawHeaders = fields.flatMap((field) => [
      field.slice(0, field.indexOf(':')),
      field.slice(field.indexOf(':') + 1).trim(),
    ]);
    const { body, after } = takeBody(rawHeaders, rest.subarray(end + 4));
    rest = after;
    yield { name: `${folder}/${file}#${place}`, scenario: folder, method, target, rawHeaders, body };
  }
}

function takeBody(rawHeaders: string[], bytes: Buffer): { body: Buffer; after: Buffer<ArrayBuffer> } {
  const value = (name: string) => rawHeaders[rawHeaders.findIndex((one) => one.toLowerCase() === name) + 1];
  if (rawHeaders.some((name) => name.toLowerCase() === 'transfer-encoding')) return takeChunks(bytes);
  const has = rawHeaders.some((name) => name.toLowerCase() === 'content-length');
  const length = has ? Number(value('content-length')) : 0;
  return { body: bytes.subarray(0, length), after: Buffer.from(bytes.subarray(length)) };
}

function takeChunks(bytes: Buffer): { body: Buffer; after: Buffer<ArrayBuffer> } {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const end = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.subarray(at, end).toString('latin1'), 16);
    if (size === 0) return { body: Buffer.concat(chunks), after: Buffer.from(bytes.subarray(end + 4)) };
    chunks.push(bytes.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}
