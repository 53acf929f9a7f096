/** What a real API server once answered a real kubectl passes as it is, cut into reads as it was then. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import t from 'tap';
import { restRequests } from '../../../kube-captures/rest.ts';
import { serveBytes, sha256, startWorld, type World } from './world.ts';

const CAPTURES = resolve(import.meta.dirname, '../../../kube-captures');

/** The reads of each answer in a connection, in order; a request and its answer take turns. */
function answersOf(folder: string, file: string): Buffer[][] {
  const text = gunzipSync(readFileSync(join(CAPTURES, folder, file))).toString('utf8');
  const answers: Buffer[][] = [];
  let last = '';
  for (const line of text.trim().split('\n')) {
    const { from, b64 } = JSON.parse(line) as { from: string; b64?: string };
    if (b64 === undefined) continue;
    if (from === 'server' && last === 'client') answers.push([]);
    if (from === 'server') answers.at(-1)!.push(Buffer.from(b64, 'base64'));
    last = from;
  }
  return answers;
}

interface Seen {
  head: string;
  body: Buffer;
}

/** One request on a connection of its own, and all that comes back until it ends. */
async function ask(world: World, request: ReturnType<typeof restRequests>[number]): Promise<Seen> {
  const socket = await world.dial();
  const own = new Set(['authorization', 'connection', 'content-length', 'transfer-encoding']);
  const headers = [];
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    const name = request.rawHeaders[at]!;
    if (!own.has(name.toLowerCase())) headers.push(`${name}: ${request.rawHeaders[at + 1]}`);
  }
  if (request.body.length > 0) headers.push(`Content-Length: ${request.body.length}`);
  headers.push(`Authorization: Bearer ${world.token}`, 'Connection: close', '', '');
  socket.write(`${request.method} ${request.target} HTTP/1.1\r\n${headers.join('\r\n')}`);
  socket.write(request.body);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve) => socket.once('close', resolve));
  return split(Buffer.concat(chunks));
}

/** Head and body of an answer, chunking undone, whether it is whole or not. */
function split(bytes: Buffer): Seen {
  const end = bytes.indexOf('\r\n\r\n');
  const head = bytes.subarray(0, end).toString('latin1');
  const rest = bytes.subarray(end + 4);
  if (!/\r\ntransfer-encoding: chunked/i.test(head)) return { head, body: rest };
  const chunks: Buffer[] = [];
  for (let at = 0; at < rest.length; ) {
    const line = rest.indexOf('\r\n', at);
    const size = line < 0 ? 0 : Number.parseInt(rest.subarray(at, line).toString('latin1'), 16);
    if (!(size > 0)) break;
    chunks.push(rest.subarray(line + 2, line + 2 + size));
    at = line + 2 + size + 2;
  }
  return { head, body: Buffer.concat(chunks) };
}

const KEPT =
  /^(content-type|content-encoding|audit-id|cache-control|x-kubernetes-[^:]*|warning|etag|vary): .*$/gim;

t.test('every captured answer', async (t) => {
  let reads: Buffer[] = [];
  const upstream = await serveBytes(t, (socket) => {
    socket.on('data', () => {
      for (const read of reads.splice(0)) socket.write(read);
      // What was never finished then (a watch, a log) is cut here.
      socket.end();
    });
  });
  const world = await startWorld(t, upstream.source);
  const requests = restRequests();
  let replayed = 0;
  for (const folder of readdirSync(CAPTURES).filter((name) => name.startsWith('rest-'))) {
    for (const file of readdirSync(join(CAPTURES, folder))) {
      const mine = requests.filter(({ name }) => name.startsWith(`${folder}/${file}#`));
      const answers = answersOf(folder, file);
      t.equal(answers.length, mine.length, `${folder}/${file}`);
      for (const [place, answer] of answers.entries()) {
        reads = [...answer];
        const whole = split(Buffer.concat(answer));
        const seen = await ask(world, mine[place]!);
        if (/ 403 .*Forbidden/.test(seen.head) && reads.length > 0) continue;
        replayed++;
        const { name } = mine[place]!;
        t.equal(seen.head.split('\r\n', 1)[0], whole.head.split('\r\n', 1)[0], name);
        t.same(seen.head.match(KEPT)?.sort() ?? [], whole.head.match(KEPT)?.sort() ?? [], name);
        t.equal(sha256(seen.body), sha256(whole.body), `${name}: ${whole.body.length} bytes`);
      }
    }
  }
  t.ok(replayed > 40, `${replayed} were replayed`);
  const { ended, admitted } = await world.evidence();
  t.same(ended.map(({ id }) => id).sort(), admitted.map(({ id }) => id).sort(), 'and each stands in the log');
  t.same(world.reported, []);
});
