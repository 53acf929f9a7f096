/** The upstream is gone, slow, broken or hostile: the client sees what it would see without us, and the log is whole. */
import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { drain, serve, serveBytes, sha256, startWorld, type World } from './world.ts';

const PODS = '/api/v1/namespaces/agents/pods';
const TYPE = 'Content-Type: application/json\r\n';

/** What a raw client gets for one GET, head and body, until the connection ends. */
async function rawGet(world: World, path = PODS): Promise<string> {
  const socket = await world.dial();
  const text = drain(socket);
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${world.token}\r\nConnection: close\r\n\r\n`,
  );
  return text;
}

t.test('an upstream that is gone is said to be, in a Status', async (t) => {
  const gone = await serve(t, () => undefined);
  await gone.close();
  const world = await startWorld(t, gone.source);
  const reply = await world.ask(PODS);
  t.equal(reply.status, 503);
  t.match(JSON.parse(reply.body.toString()), {
    kind: 'Status',
    reason: 'ServiceUnavailable',
    message: /cannot be reached/,
  });
  const { ended } = await world.evidence();
  t.match(ended, [{ outcome: 'failed', status: 503, error: /ECONNREFUSED/ }]);
});

t.test('a server whose certificate is not of the cluster’s authority gets no request', async (t) => {
  let reached = 0;
  const upstream = await serve(t, (_request, response) => {
    reached++;
    response.end();
  });
  const { credentials } = upstream.source;
  const { createAuthority } = await import('../../../../sidecar/kube/credentials/certificates.ts');
  const other = await createAuthority(new Date());
  const source = {
    ...upstream.source,
    credentials: async () => ({ ...(await credentials(false)), tls: { ca: other.certificate } }),
  };
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  t.teardown(() => {
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  });
  const world = await startWorld(t, source);
  const reply = await world.ask(PODS);
  t.equal(reply.status, 503);
  t.match(
    JSON.parse(reply.body.toString()).message,
    /certificate is not trusted \([A-Z_]+\): is the certificate authority/,
  );
  t.equal(reached, 0);
  t.match((await world.evidence()).ended, [{ outcome: 'failed' }]);
});

t.test('429 and 500 are passed on as they are', async (t) => {
  for (const status of [429, 500]) {
    const upstream = await serve(t, (_request, response) => {
      response
        .writeHead(status, { 'retry-after': '1', 'content-type': 'application/json' })
        .end('{"kind":"Status"}');
    });
    const world = await startWorld(t, upstream.source);
    t.match(await world.ask(PODS), {
      status,
      headers: { 'retry-after': '1' },
      body: Buffer.from('{"kind":"Status"}'),
    });
    t.match((await world.evidence()).ended, [{ outcome: 'answered', status }]);
  }
});

t.test('what is no HTTP, or no whole answer, is a 502', async (t) => {
  const heads = {
    garbage: 'this is not HTTP\r\n\r\n',
    nothing: '',
    'half a head': 'HTTP/1.1 200 OK\r\nContent-Ty',
    'a switch of protocols that nobody asked for':
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\nraw',
    'two lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx',
    'an encoding that cannot be undone': `HTTP/1.1 200 OK\r\n${TYPE}Content-Encoding: br\r\nContent-Length: 1\r\n\r\nx`,
    'an endless head': `HTTP/1.1 200 OK\r\n${`X: ${'y'.repeat(1000)}\r\n`.repeat(100)}`,
  };
  for (const [name, head] of Object.entries(heads)) {
    await t.test(name, async (t) => {
      let requests = 0;
      const upstream = await serveBytes(t, (socket) => {
        socket.once('data', () => {
          requests++;
          socket.end(head);
        });
      });
      const world = await startWorld(t, upstream.source);
      const reply = await world.ask(PODS, { method: 'DELETE' });
      t.equal(reply.status, 502);
      t.equal(JSON.parse(reply.body.toString()).kind, 'Status');
      t.equal(requests, 1, 'and a write is not tried twice');
      t.match((await world.evidence()).ended, [{ outcome: 'failed', status: 502 }]);
    });
  }
});

t.test('a read is tried once more where a connection closes under it', async (t) => {
  let connections = 0;
  const upstream = await serveBytes(t, (socket) => {
    connections++;
    socket.once('data', () =>
      socket.end(connections === 1 ? '' : `HTTP/1.1 200 OK\r\n${TYPE}Content-Length: 2\r\n\r\n{}`),
    );
  });
  const world = await startWorld(t, upstream.source);
  t.match(await world.ask(PODS), { status: 200, body: Buffer.from('{}') });
  t.match((await world.evidence()).ended, [{ outcome: 'answered', status: 200 }]);
});

t.test('an answer that breaks off does so for the client, and what it got is recorded', async (t) => {
  const body = 'x'.repeat(100_000);
  const gzip = gzipSync(Buffer.from(Array.from({ length: 50_000 }, (_, i) => i).join()));
  const halves: Record<string, (string | Buffer)[]> = {
    'short of its length': [`HTTP/1.1 200 OK\r\n${TYPE}Content-Length: 200000\r\n\r\n${body}`],
    'within a chunk': [`HTTP/1.1 200 OK\r\n${TYPE}Transfer-Encoding: chunked\r\n\r\n20000\r\n${body}`],
    'before the last chunk': [
      `HTTP/1.1 200 OK\r\n${TYPE}Transfer-Encoding: chunked\r\n\r\n186a0\r\n${body}\r\n`,
    ],
    'with a chunk that is none': [
      `HTTP/1.1 200 OK\r\n${TYPE}Transfer-Encoding: chunked\r\n\r\n186a0\r\n${body}\r\nzz\r\n`,
    ],
    'within its gzip': [
      `HTTP/1.1 200 OK\r\n${TYPE}Content-Encoding: gzip\r\nContent-Length: ${gzip.length - 5}\r\n\r\n`,
      gzip.subarray(0, -5),
    ],
    'with gzip that is none': [
      `HTTP/1.1 200 OK\r\n${TYPE}Content-Encoding: gzip\r\nContent-Length: 100000\r\n\r\n`,
      body,
    ],
    'with something behind its gzip': [
      `HTTP/1.1 200 OK\r\n${TYPE}Content-Encoding: gzip\r\nContent-Length: ${gzip.length + 5}\r\n\r\n`,
      gzip,
      '\0\0\0\0\0',
    ],
  };
  for (const [name, parts] of Object.entries(halves)) {
    await t.test(name, async (t) => {
      const upstream = await serveBytes(t, (socket) => {
        socket.once('data', () => {
          for (const part of parts) socket.write(part);
          socket.end();
        });
      });
      const world = await startWorld(t, upstream.source);
      const text = await rawGet(world);
      t.match(text, /^HTTP\/1\.1 200 OK\r\n/);
      t.notMatch(text, /\r\n0\r\n\r\n$/, 'it does not look whole');
      const { ended, answer } = await world.evidence();
      t.match(ended, [{ outcome: 'failed', status: 200 }]);
      if (!name.includes('gzip')) {
        const got =
          text
            .replace(/^.*?\r\n\r\n/s, '')
            .match(/x+/g)
            ?.join('').length ?? 0;
        t.ok(answer.length >= got, 'all that the client saw is stored');
      }
    });
  }
});

t.test('bytes behind an answer are not the next one', async (t) => {
  let connections = 0;
  const upstream = await serveBytes(t, (socket) => {
    const mine = ++connections;
    socket.on('data', () => {
      const answer = `HTTP/1.1 200 OK\r\n${TYPE}Content-Length: 1\r\n\r\n`;
      socket.write(`${answer}${mine}${answer}X`);
    });
  });
  const world = await startWorld(t, upstream.source);
  for (let i = 0; i < 3; i++) t.notMatch((await world.ask(PODS)).body.toString(), 'X');
});

t.test('answers without a body keep their framing', async (t) => {
  const upstream = await serve(t, ({ url = '', method }, response) => {
    if (method === 'HEAD') response.writeHead(200, { 'content-length': '1234' });
    else if (url.includes('etag')) response.writeHead(304, { etag: '"x"' });
    else response.writeHead(204);
    response.end();
  });
  const world = await startWorld(t, upstream.source);
  t.match(await world.ask(PODS, { method: 'HEAD' }), { status: 200, headers: { 'content-length': '1234' } });
  const unchanged = await world.ask('/openapi/v2?etag', { headers: { 'if-none-match': '"x"' } });
  t.match(unchanged, { status: 304, headers: { etag: '"x"' } });
  const nothing = await world.ask(`${PODS}/box`, { method: 'DELETE' });
  t.equal(nothing.status, 204);
  t.notOk('content-length' in nothing.headers || 'transfer-encoding' in nothing.headers);
  const { ended } = await world.evidence();
  t.same(
    ended.map(({ outcome, status, answer }) => [outcome, status, answer]),
    [
      ['answered', 200, undefined],
      ['answered', 304, undefined],
      ['answered', 204, undefined],
    ],
  );
});

t.test('interim answers are waited out, and trailers pass', async (t) => {
  const upstream = await serveBytes(t, (socket) => {
    socket.on('data', () =>
      socket.write(
        `HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n${TYPE}Trailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nX-Sum: 7\r\n\r\n`,
      ),
    );
  });
  const world = await startWorld(t, upstream.source);
  t.match(await world.ask(PODS), { status: 200, body: Buffer.from('{}'), trailers: { 'x-sum': '7' } });
  t.match((await world.evidence()).ended, [
    { outcome: 'answered', status: 200, answer: { sha256: sha256('{}') } },
  ]);
});

t.test('each event of a watch passes as it comes', async (t) => {
  const seen: string[] = [];
  let next: () => void = () => undefined;
  const upstream = await serve(t, (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json;stream=watch' });
    // An event is sent only when the client has told that it has the one before.
    next = () => response.write(`{"n":${seen.length}}\n`);
    response.flushHeaders();
    next();
  });
  const world = await startWorld(t, upstream.source);
  const socket = await world.dial();
  socket.write(`GET ${PODS}?watch=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${world.token}\r\n\r\n`);
  const done = Promise.withResolvers<void>();
  socket.setEncoding('latin1').on('data', (text: string) => {
    for (const [event] of text.matchAll(/\{"n":\d+\}/g)) {
      seen.push(event);
      if (seen.length === 20) done.resolve();
      else next();
    }
  });
  await done.promise;
  socket.destroy();
  await once(socket, 'close');
  const { ended, answer, bodies } = await world.evidence();
  t.equal(answer.toString(), seen.map((event) => `${event}\n`).join(''));
  t.equal(bodies.filter(({ type }) => type === 'request.answer').length, 20);
  t.match(ended, [
    { status: 200, answer: { type: 'application/json;stream=watch', sha256: sha256(answer) } },
  ]);
});

t.test('a client that leaves takes its request with it', async (t) => {
  const left = Promise.withResolvers<void>();
  const upstream = await serve(t, (_request, response) => {
    response.writeHead(200).write('first');
    response.once('close', left.resolve);
  });
  const world = await startWorld(t, upstream.source);
  const socket = await world.dial();
  socket.write(`GET ${PODS}?watch=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${world.token}\r\n\r\n`);
  await once(socket, 'data');
  socket.destroy();
  await left.promise;
  const { ended, answer } = await world.evidence();
  t.match(ended, [{ outcome: 'cancelled', status: 200, answer: { bytes: 5, sha256: sha256('first') } }]);
  t.equal(answer.toString(), 'first');
});

t.test('a slow reader holds the server back, and gets all of it', async (t) => {
  const chunk = Buffer.alloc(1 << 20, 'z');
  const CHUNKS = 96;
  let sent = 0;
  const upstream = await serve(t, async (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    for (; sent < CHUNKS && !response.destroyed; sent++) {
      if (!response.write(chunk)) await once(response, 'drain');
    }
    response.end();
  });
  const world = await startWorld(t, upstream.source);
  const socket = await world.dial();
  socket.pause();
  socket.write(
    `GET ${PODS} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${world.token}\r\nConnection: close\r\n\r\n`,
  );
  for (let before = -1; before !== sent || sent === 0; ) {
    before = sent;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  t.ok(sent < CHUNKS / 2, `${sent} MiB had left the server`);
  let bytes = 0;
  socket.on('data', (data: Buffer) => {
    bytes += data.length;
  });
  socket.resume();
  await once(socket, 'close');
  t.ok(bytes > CHUNKS * chunk.length);
  const { ended } = await world.evidence();
  const whole = CHUNKS * chunk.length;
  t.match(ended, [{ outcome: 'answered', answer: { bytes: whole, cut: whole - 8 * 1024 * 1024 } }]);
});
