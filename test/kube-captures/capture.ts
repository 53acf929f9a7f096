/** Reads the captured connections beside this file: what they are is in README.md. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

export interface Capture {
  /** Folder and file, for messages. */
  name: string;
  scenario: string;
  /** `conn-01`, … */
  connection: string;
  requestLine: string;
  /** Header names in lower case; the values of a repeated one, in order. */
  request: Map<string, string[]>;
  response: Map<string, string[]>;
  /** Everything after the heads, joined. */
  client: Buffer;
  server: Buffer;
}

interface Line {
  from: 'client' | 'server';
  b64?: string;
}

export function captures(prefix: 'websocket' | 'spdy'): Capture[] {
  return readdirSync(import.meta.dirname)
    .filter((folder) => folder.startsWith(`${prefix}-`))
    .flatMap((folder) =>
      readdirSync(join(import.meta.dirname, folder)).map((file) => readCapture(folder, file)),
    );
}

/** What was said behind the heads, read by read, in the order in which it was. */
export function conversation(
  folder: string,
  connection: string,
): { from: 'client' | 'server'; bytes: Buffer }[] {
  const ahead = { client: true, server: true };
  const begun = { client: Buffer.alloc(0), server: Buffer.alloc(0) };
  return readLines(folder, `${connection}.jsonl.gz`).flatMap(({ from, b64 = '' }) => {
    const bytes = Buffer.from(b64, 'base64');
    if (!ahead[from]) return [{ from, bytes }];
    begun[from] = Buffer.concat([begun[from], bytes]);
    const end = begun[from].indexOf('\r\n\r\n');
    ahead[from] = end < 0;
    return ahead[from] ? [] : [{ from, bytes: begun[from].subarray(end + 4) }];
  });
}

function readLines(folder: string, file: string): Line[] {
  const text = gunzipSync(readFileSync(join(import.meta.dirname, folder, file))).toString('utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);
}

function readCapture(folder: string, file: string): Capture {
  const lines = readLines(folder, file);
  const client = takeHead(joined(lines, 'client'));
  const server = takeHead(joined(lines, 'server'));
  return {
    name: `${folder}/${file}`,
    scenario: folder.replace(/^[a-z]+-/, ''),
    connection: file.replace(/\..*/, ''),
    requestLine: client.first,
    request: client.headers,
    response: server.headers,
    client: client.rest,
    server: server.rest,
  };
}

function joined(lines: Line[], from: Line['from']): Buffer {
  return Buffer.concat(
    lines.filter((line) => line.from === from).map(({ b64 = '' }) => Buffer.from(b64, 'base64')),
  );
}

function takeHead(bytes: Buffer): { first: string; headers: Map<string, string[]>; rest: Buffer } {
  const end = bytes.indexOf('\r\n\r\n');
  const [first = '', ...fields] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const headers = new Map<string, string[]>();
  for (const field of fields) {
    const colon = field.indexOf(':');
    const name = field.slice(0, colon).toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), field.slice(colon + 1).trim()]);
  }
  return { first, headers, rest: bytes.subarray(end + 4) };
}
