/**
 * The load of the API proxy's benchmark: `node load.ts TARGET CONNECTIONS` prints requests a second; at one connection
 * the median time of a request in milliseconds. Raw sockets, so that the client costs little beside what is measured.
 */
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

const [json = '{}', connections = '1'] = process.argv.slice(2);
const { url, ca, token } = JSON.parse(json) as { url: string; ca: string; token: string };
const { hostname: host, port, protocol } = new URL(url);
const atOnce = Number(connections);
const WARM_UP_MS = 1_000;
const MEASURED_MS = 4_000;

const request = Buffer.from(
  `GET /api/v1/namespaces/agents/pods/box HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${token}\r\nAccept: application/json\r\nUser-Agent: bench\r\n\r\n`,
);
const started = performance.now();
const from = started + WARM_UP_MS;
const until = from + MEASURED_MS;
const times: number[] = [];

async function client(): Promise<void> {
  const options = { host, port: Number(port) };
  const socket: Socket = protocol === 'https:' ? connectTls({ ...options, ca }) : connectTcp(options);
  await new Promise((resolve) => socket.once(protocol === 'https:' ? 'secureConnect' : 'connect', resolve));
  socket.setNoDelay(true);
  await new Promise<void>((resolve, reject) => {
    let begun = 0;
    let missing = -1;
    const ask = () => {
      begun = performance.now();
      missing = -1;
      if (begun > until) {
        socket.destroy();
        resolve();
      } else socket.write(request);
    };
    socket.on('data', (chunk: Buffer) => {
      missing = missing < 0 ? wholeLength(chunk) - chunk.length : missing - chunk.length;
      if (missing > 0) return;
      const now = performance.now();
      if (begun > from && now < until) times.push(now - begun);
      ask();
    });
    socket.on('error', reject);
    socket.on('close', () => (performance.now() < until ? reject(new Error('closed')) : resolve()));
    ask();
  });
}

/** Of an answer whose head came in one piece. */
function wholeLength(chunk: Buffer): number {
  const head = chunk.subarray(0, chunk.indexOf('\r\n\r\n') + 4).toString('latin1');
  const length = /\r\ncontent-length: (\d+)\r\n/i.exec(head)?.[1];
  if (!head.startsWith('HTTP/1.1 200') || length === undefined) throw new Error(`not a 200: ${head}`);
  return head.length + Number(length);
}

await Promise.all(Array.from({ length: atOnce }, client));
times.sort((a, b) => a - b);
const figure = atOnce === 1 ? times[times.length >> 1]! : (times.length / MEASURED_MS) * 1000;
process.stdout.write(`${figure}\n`);
