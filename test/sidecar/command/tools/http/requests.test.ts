/** What real clients send is what was told: random lines of options in any order, against a server that keeps what it is asked. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import type { ApiIntent } from '../../../../../sidecar/action.ts';
import { parseMethod, requestInfo } from '../../../../../sidecar/request/request-info.ts';
import { parseTarget } from '../../../../../sidecar/request/target.ts';
import { needs } from '../../../../tool.ts';
import { look } from '../../look.ts';

const LONG = process.env.CHAPERONE_LONG !== undefined;
const RUNS = LONG ? 1000 : 60;
if (LONG) t.setTimeout(10 * 60_000);
const SEED = 20261122;

/** Options of curl, each whole; the server answers them all with nothing. */
const CURL = [
  ...[
    '-s',
    '-sS',
    '-k',
    '-L',
    '-i',
    '-f',
    '--compressed',
    '-G',
    '-I',
    '-XDELETE',
    '-X PUT',
    '--request PATCH',
  ],
  ...[
    '--request=POST',
    '-d a=b',
    '--data-raw a=b',
    '-da=b',
    '--json {}',
    '-H Accept:text/plain',
    '-o /dev/null',
  ],
  ...['-A me', '-sXDELETE', '-m 5', '--max-time=5', '--retry 0', '-u a:b', '-T body', '--no-progress-meter'],
  ...['http://kubernetes/api/v1/nodes/x', '--url http://kubernetes/apis/apps/v1/deployments', '--next'],
  ...["'http://kubernetes/api/v1/namespaces/{a,b}'", "'http://kubernetes/api/v1/nodes/n[1-3]'", '-g', '-v'],
  ...[
    'kubernetes/api/v1/namespaces/a/pods?limit=1',
    'http://kubernetes/api/v1/./nodes/../pods',
    '-w x',
    '-4',
  ],
];
const WGET = [
  ...[
    '-q',
    '-nv',
    '-O-',
    '-O /dev/null',
    '--method=DELETE',
    '--method PUT',
    '--post-data=a',
    '--post-data b',
    '-t 1',
  ],
  ...['--header Accept:text/plain', '-T5', '--tries=1', '-U me', '--body-data=x', '--no-check-certificate'],
  ...[
    'http://kubernetes/api/v1/nodes/x',
    'http://kubernetes/apis/apps/v1/deployments',
    'kubernetes/api/v1/pods',
  ],
];

const server = createServer((request, response) => {
  asked.push(`${request.method} ${request.url!.replace(/^http:\/\/[^/]+/, '')}`);
  request.resume().on('end', () => response.end());
});
let asked: string[] = [];
const home = mkdtempSync(join(tmpdir(), 'chaperone-http-'));

await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address() as AddressInfo;
writeFileSync(join(home, '.curlrc'), `connect-to = "::127.0.0.1:${port}"\n`);
writeFileSync(join(home, 'body'), 'x');
t.teardown(() => {
  server.close();
  server.closeAllConnections();
  rmSync(home, { recursive: true, force: true });
});

async function sent(line: string): Promise<string[]> {
  asked = [];
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    http_proxy: line.startsWith('wget') ? `127.0.0.1:${port}` : '',
  };
  const child = spawn('bash', ['-c', line], { cwd: home, env, stdio: 'ignore', timeout: 20_000 });
  await once(child, 'close');
  return asked;
}

function read(line: string) {
  const [method = '', target = ''] = line.split(' ');
  const { verb, group, resource, namespace, name } = requestInfo(parseMethod(method), parseTarget(target));
  return { verb, group, resource, namespace, name };
}

const isTold = (told: readonly ApiIntent[], one: ReturnType<typeof read>) =>
  told.some((intent) =>
    Object.entries(one).every(([part, value]) => [value, null].includes(intent[part as 'verb'])),
  );

for (const [program, options] of Object.entries({ curl: CURL, wget: WGET })) {
  t.test(program, async (t) => {
    if (!needs(t, program)) return;
    let requests = 0;
    const run = fc.asyncProperty(
      fc.shuffledSubarray(options, { minLength: 2, maxLength: 9 }),
      async (words) => {
        const line = `${program} ${words.join(' ')}`;
        const told = look(line).commands.flatMap((command) => command.requests);
        const all = (await sent(line)).map(read);
        requests += all.length;
        const missed = all.filter((one) => !isTold(told, one));
        if (missed.length > 0)
          throw new Error(`${line}: ${JSON.stringify(missed)} of ${JSON.stringify(told)}`);
      },
    );
    await fc.assert(run, { seed: SEED, numRuns: RUNS });
    t.ok(requests > RUNS / 3, `${requests} requests`);
  });
}
