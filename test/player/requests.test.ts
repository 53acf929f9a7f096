/** Requests to the Kubernetes API in real Chromium: the table, bodies, what changed, and links between sessions. */
import t from 'tap';
import { changedLines, objectText } from '../../player/session/object-text.ts';
import type { Draft, DraftBody } from '../../recorder/audit/event.ts';
import type { RequestInfo } from '../../recorder/audit/request.ts';
import type { Entrance } from '../../recorder/audit/session.ts';
import { needsChromium } from '../chromium.ts';
import { countOf, stage } from './browser.ts';
import { decided, end, idOf, output, SECOND, start } from './sessions.ts';

t.setTimeout(600_000);

const NOW = Date.now() * 1000;
const API = idOf(1);
const EXEC = idOf(2);
const SHELL = idOf(3);
const FORWARD = idOf(4);
const ALLOW = {
  effect: 'allow',
  rule: 'default/api',
  reason: 'no rule matches it',
  unjudged: false,
} as const;
const DENY = {
  effect: 'deny',
  rule: 'baseline/no-cluster-deletion',
  reason: 'Many stand on it.',
  unjudged: false,
} as const;
const uuid = (place: number) => `00000000-0000-4000-8000-${String(place).padStart(12, '0')}`;
const object = (data: object) =>
  Buffer.from(
    JSON.stringify({
      kind: 'ConfigMap',
      metadata: { name: 'settings', resourceVersion: String(Math.random()) },
      data,
    }),
  );
const summary = (content: Buffer) => ({
  type: 'application/json',
  bytes: content.length,
  sha256: 'a'.repeat(64),
});

interface Asked {
  method: string;
  info: Partial<RequestInfo>;
  sent?: Buffer;
  answer?: Buffer;
  status?: number;
  refused?: true;
  opens?: string;
}

/** Admission and end of one request. */
function asked(place: number, { method, info, sent, answer, status = 200, refused, opens }: Asked): Draft[] {
  const nothing = {
    group: '',
    version: 'v1',
    resource: '',
    subresource: '',
    namespace: '',
    name: '',
    path: '',
  };
  const request = { verb: method.toLowerCase(), ...nothing, ...info };
  const { namespace, resource, name } = request;
  const admitted: DraftBody = {
    type: 'request.admitted',
    id: uuid(place),
    method,
    uri: `/api/v1/namespaces/${namespace}/${resource}/${name}`,
    request,
    dryRun: false,
    client: { agent: 'kubectl/v1.36.2', command: 'kubectl apply' },
    decision: refused ? DENY : ALLOW,
    allowed: !refused,
    unknown: [],
    ...(opens !== undefined && { opens }),
    ...(sent && { body: summary(sent), content: sent }),
  };
  const ended: DraftBody = {
    type: 'request.ended',
    id: uuid(place),
    outcome: refused ? 'refused' : opens === undefined ? 'answered' : 'upgraded',
    status: refused ? 403 : status,
    micros: 12_300,
    ...(answer && { answer: summary(answer), content: answer }),
  };
  const at = NOW + place * SECOND;
  return [
    { at, body: admitted },
    { at: at + 20_000, body: ended },
  ];
}

function begin(id: string, entrance?: Entrance, command: string[] = []): Draft {
  const draft = start({ id, startedAt: NOW, command, terminal: null });
  return entrance === undefined ? draft : { ...draft, body: { ...draft.body, entrance } as DraftBody };
}

const settings = { resource: 'configmaps', namespace: 'shop', name: 'settings' };

t.test('requests', { skip: !needsChromium(t) }, async (t) => {
  const { log, open } = await stage(t);
  const pieces = object({ colour: 'green', size: 'large' });
  await log.append(API, [
    begin(API, { kind: 'api', server: 'https://10.0.0.1:443/' }),
    ...asked(1, {
      method: 'GET',
      info: { verb: 'get', ...settings },
      answer: object({ colour: 'red', size: 'large' }),
    }),
    ...asked(2, {
      method: 'PUT',
      info: { verb: 'update', ...settings },
      sent: object({ colour: 'green' }),
      answer: pieces,
    }),
    ...asked(3, {
      method: 'DELETE',
      info: { verb: 'delete', resource: 'namespaces', name: 'shop' },
      refused: true,
    }),
    ...asked(4, {
      method: 'GET',
      info: { verb: 'get', resource: 'pods', namespace: 'shop', name: 'gone\u202e<b>' },
      status: 404,
    }),
    ...asked(5, {
      method: 'GET',
      info: { verb: 'get', resource: 'pods', subresource: 'exec', namespace: 'shop', name: 'web' },
      status: 101,
      opens: EXEC,
    }),
  ]);
  const origin = { session: API, request: uuid(5) };
  const where = { namespace: 'shop', pod: 'web', container: 'main' };
  await log.append(EXEC, [
    begin(EXEC, { kind: 'remote', subresource: 'exec', ...where, origin }, ['tar', '-xmf', '-']),
    decided(NOW + SECOND, 'tar -xmf -'),
    {
      at: NOW + SECOND,
      body: {
        type: 'session.file',
        direction: 'to',
        path: 'f.bin',
        kind: 'file',
        bytes: 20_000,
        sha256: 'b'.repeat(64),
      },
    },
    end(NOW + 2 * SECOND),
  ]);

  await t.test('the table: what, on what, how it went; filters', async (t) => {
    const { page, complaints } = await open(t, `/sessions/${API}`);
    await page.locator('.request').nth(4).waitFor();
    const texts = await page.locator('.request').allTextContents();
    t.match(texts[0], /get.*configmaps shop\/settings.*200/);
    t.match(
      texts[2],
      /delete.*namespaces shop.*refused.*Refused Many stand on it\. *baseline\/no-cluster-deletion/,
    );
    t.match(texts[3], /404/);
    t.notMatch(texts[3], '\u202e', 'hidden characters are marked');
    await page.getByRole('button', { name: /^Refused 1/ }).click();
    t.equal(await countOf(page, '.request', 1), 1);
    await page.getByRole('button', { name: /^Failed 1/ }).click();
    t.match(await page.locator('.request').allTextContents(), [/404/]);
    await page.getByRole('button', { name: /^Changes 2/ }).click();
    await page.fill('[aria-label="Filter requests"]', 'configmaps');
    t.equal(await countOf(page, '.request', 1), 1);
    t.same(complaints, []);
  });

  await t.test('a row opens to its bodies, and shows what changed', async (t) => {
    const { page } = await open(t, `/sessions/${API}`);
    const row = page.locator('.request', { hasText: 'update' });
    await row.getByRole('button').first().click();
    await row.getByText('Changed').waitFor();
    t.same(await row.locator('.diff .removed').allTextContents(), ['−     "colour": "red",\n']);
    t.same(await row.locator('.diff .added').allTextContents(), ['+     "colour": "green",\n']);
    const bodies = await row.locator('section.body').allTextContents();
    t.match(bodies[1], /Sent.*"colour": "green"/s);
    t.match(bodies[2], /Answered.*"size": "large"/s);
    t.match(await row.textContent(), uuid(2), 'its Audit-ID');
    await row.getByRole('button').first().click();
    await row.locator('.exchange').waitFor({ state: 'detached' });
  });

  await t.test('what it opened is one click away, and leads back', async (t) => {
    const { page } = await open(t, `/sessions/${API}`);
    await page.getByRole('link', { name: 'Open its session' }).click();
    await page.getByRole('heading', { name: 'exec shop/web/main -- tar -xmf -' }).waitFor();
    await page.getByRole('tab', { name: 'Details' }).click();
    await page.getByText(`copied in: f.bin, 19.5 KiB, sha256 ${'b'.repeat(64)}`).waitFor();
    await page.getByRole('link', { name: `request ${uuid(5)}` }).click();
    await page.getByRole('heading', { name: /Kubernetes API of/ }).waitFor();
  });

  await t.test('a port-forward shows its connections at once', async (t) => {
    await log.append(FORWARD, [
      begin(FORWARD, { kind: 'remote', subresource: 'portforward', ...where, origin }),
      {
        at: NOW + SECOND,
        body: { type: 'connection.closed', number: 1, sent: 300, received: 2048, micros: 9 },
      },
      end(NOW + 2 * SECOND),
    ]);
    const { page } = await open(t, `/sessions/${FORWARD}`);
    await page.getByText('1: 300 bytes sent, 2.0 KiB received').waitFor();
  });

  await t.test('a shell that asked something has a panel for it, and a running one grows', async (t) => {
    await log.append(SHELL, [
      begin(SHELL, undefined, ['bash', '-i']),
      output(NOW, '$ '),
      ...asked(6, { method: 'GET', info: { verb: 'list', resource: 'pods', namespace: 'shop' } }),
    ]);
    const { page } = await open(t, `/sessions/${SHELL}`);
    await page.getByRole('tab', { name: /^Requests/ }).click();
    t.equal(await countOf(page, '.request', 1), 1);
    await log.append(SHELL, asked(7, { method: 'GET', info: { verb: 'list', resource: 'nodes' } }));
    t.equal(await countOf(page, '.request', 2), 2);
  });

  await t.test('the list says how many of both there are, one below the other', async (t) => {
    const { page } = await open(t, '/');
    const amount = page.locator(`[data-session="${SHELL}"] .amount`);
    t.match(await amount.textContent(), /^0 commands 2 requests/);
    t.ok(await amount.evaluate((cell) => cell.scrollWidth <= cell.clientWidth), 'nothing lies under them');
  });

  await t.test('at 390 pixels nothing is wider than the page', async (t) => {
    const { page } = await open(t, `/sessions/${API}`, { viewport: { width: 390, height: 844 } });
    await page.locator('.request', { hasText: 'update' }).getByRole('button').first().click();
    await page.locator('.diff').waitFor();
    t.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  });
});

t.test('bodies as text', async (t) => {
  const text = (content: string) => objectText(Buffer.from(content)).text;
  t.equal(text('{"a":1}'), '{\n  "a": 1\n}');
  t.equal(text('{"a":1}\n{"b":2}\n'), '{\n  "a": 1\n}\n{\n  "b": 2\n}', 'a watch');
  t.equal(text('a: 1\n'), 'a: 1\n');
  t.match(objectText(Buffer.from('x'.repeat(150_000))), { cut: 50_000 });
});

t.test(
  'changes leave out what the server keeps for itself, and say where nothing else is different',
  async (t) => {
    const one = Buffer.from('{"metadata":{"name":"a","resourceVersion":"1","managedFields":[1]},"x":1}');
    const two = Buffer.from('{"metadata":{"name":"a","resourceVersion":"2","managedFields":[2]},"x":1}');
    t.same(changedLines(one, two), []);
    t.equal(changedLines(one, Buffer.from('no object')), null);
    t.equal(changedLines(one, Buffer.alloc(500_000)), null);
    const far = (value: number) =>
      Buffer.from(
        JSON.stringify({
          metadata: {},
          list: Array.from({ length: 40 }, (_, at) => (at === 1 || at === 38 ? value : at)),
        }),
      );
    const kinds = changedLines(far(100), far(200))!.map(({ kind }) => kind);
    t.equal(kinds.filter((kind) => kind === 'gap').length, 1);
    t.equal(kinds.filter((kind) => kind === 'added').length, 2);
  },
);
