/** What a person sees before the decision, in real Chromium: requests, effects, hostile texts. */
import t from 'tap';
import type { AskedFor } from '../../../recorder/audit/approval.ts';
import type { Identity } from '../../../recorder/audit/identity.ts';
import { needsChromium } from '../../chromium.ts';
import { stage, until } from '../browser.ts';
import { idOf, start } from '../sessions.ts';
import { ask, button, card, MARKUP } from './asking.ts';

t.setTimeout(600_000);

const REORDER = 'rm -rf /\u202e"txt.eruces" tac\u202c';

t.test('what is decided on', { skip: !needsChromium(t) }, async (t) => {
  const world = await stage(t);
  const { desk, open } = world;

  await t.test('a request, its body on demand', async (t) => {
    const content = Buffer.from('{"spec":{"replicas":0},"x":"<b>\u202e"}');
    const info = { group: 'apps', version: 'v1', resource: 'deployments', subresource: 'scale' };
    const request = { verb: 'patch', ...info, namespace: 'shop', name: 'web', path: '' };
    const uri = '/apis/apps/v1/namespaces/shop/deployments/web/scale';
    const { id } = await ask(desk, '', {
      asked: { kind: 'request', method: 'PATCH', uri, request, dryRun: false, unknown: ['the replicas'] },
      body: {
        summary: { type: 'application/json', bytes: content.length, sha256: 'a'.repeat(64) },
        content,
      },
    });
    const { page, complaints } = await open(t, '/approvals');
    const text = await card(page, id).textContent();
    for (const part of ['patch deployments/scale shop/web', `PATCH ${uri}`, 'Not understood the replicas'])
      t.match(text, part);
    t.equal(await page.locator('.body pre').count(), 0);
    await button(card(page, id), /^Body/).click();
    t.match(await page.locator('.body pre').textContent(), /"replicas": 0\n/);
    t.match(await page.locator('.body pre').textContent(), '"<b>⟨202E⟩"');
    t.same(complaints, []);
    await desk.cancel(id, 'admin');
  });

  await t.test('a whole object is compared with what its session has seen of it', async (t) => {
    const at = Date.now() * 1000;
    const session = idOf(8);
    const object = (colour: string) =>
      Buffer.from(JSON.stringify({ kind: 'ConfigMap', metadata: { name: 'settings' }, data: { colour } }));
    const summary = (content: Buffer) => ({
      ...{ type: 'application/json', bytes: content.length, sha256: 'a'.repeat(64) },
    });
    const where = { group: '', version: 'v1', resource: 'configmaps', subresource: '', path: '' };
    const info = { ...where, namespace: 'shop', name: 'settings' };
    const uri = '/api/v1/namespaces/shop/configmaps/settings';
    const id = '00000000-0000-4000-8000-000000000001';
    const decision = { effect: 'allow', rule: 'default/api', reason: '', unjudged: false } as const;
    const sent = {
      method: 'GET',
      uri,
      request: { verb: 'get', ...info },
      dryRun: false,
      client: { agent: '' },
    };
    const ended = { outcome: 'answered', status: 200, micros: 1, answer: summary(object('red')) } as const;
    await world.log.append(session, [
      start({ id: session, startedAt: at, terminal: null }),
      { at, body: { type: 'request.admitted', id, ...sent, decision, allowed: true, unknown: [] } },
      { at, body: { type: 'request.ended', id, ...ended, content: object('red') } },
    ]);
    const request = { verb: 'update', ...info };
    const put = await ask(desk, '', {
      session,
      asked: { kind: 'request', method: 'PUT', uri, request, dryRun: false, unknown: [] },
      body: { summary: summary(object('blue')), content: object('blue') },
    });
    const { page } = await open(t, '/approvals');
    await button(card(page, put.id), /^Approve/).click();
    await card(page, put.id).locator('.diff').waitFor();
    t.match(await page.locator('.diff .removed').textContent(), '"colour": "red"');
    t.match(await page.locator('.diff .added').textContent(), '"colour": "blue"');
    t.match(
      await page.locator('.body pre').last().textContent(),
      '"colour": "blue"',
      'arming shows the body',
    );
    await desk.cancel(put.id, 'admin');
  });

  await t.test('what a request would do is seen without a click', async (t) => {
    const where = { group: '', version: 'v1', resource: 'configmaps', subresource: '', path: '' };
    const request = { verb: 'patch', ...where, namespace: 'shop', name: 'settings' };
    const one = { kind: 'request' as const, method: 'PATCH', uri: '/x', request, dryRun: false, unknown: [] };
    const object = (colour: string) => ({ metadata: { name: 'settings' }, data: { colour } });
    const shown = (effect: unknown) => Buffer.from(JSON.stringify(effect));
    const change = await ask(desk, '', {
      asked: { ...one, effect: { kind: 'change', uid: 'u-7', places: 1 } },
      effect: shown({ before: object('red'), after: object('<b>\u202e') }),
    });
    const { page, complaints } = await open(t, '/approvals');
    await card(page, change.id).locator('.diff').waitFor();
    t.match(await page.locator('.would .effect').textContent(), 'changes one place of object u-7');
    t.match(await page.locator('.diff .removed').textContent(), '"colour": "red"');
    t.match(await page.locator('.diff .added').textContent(), '"colour": "<b>⟨202E⟩"');
    await desk.cancel(change.id, 'admin');
    const many = await ask(desk, '', {
      asked: { ...one, effect: { kind: 'collection', count: 500, more: true } },
      effect: shown({ names: Array.from({ length: 500 }, (_, n) => `n-${n}`) }),
    });
    await card(page, many.id).locator('.names').waitFor();
    t.match(await page.locator('.would').textContent(), 'deletes more than 500 objects');
    t.equal(await page.locator('.names li').count(), 101);
    await desk.cancel(many.id, 'admin');
    const dark = await ask(desk, '', { asked: { ...one, effect: { kind: 'unknown', why: 'no dry run' } } });
    await card(page, dark.id).locator('.would .alert').waitFor();
    t.match(await page.locator('.would').textContent(), 'not known: no dry run');
    await desk.cancel(dark.id, 'admin');
    t.same(complaints, []);
  });

  await t.test('hostile texts stay text, and what is long is seen before it is decided', async (t) => {
    const long = `${'x'.repeat(30_000)} ; ${MARKUP} # the end`;
    const asked: AskedFor = {
      kind: 'command',
      line: `${REORDER}\n${MARKUP}\n${long}`,
      cwd: `/${MARKUP}\u202e`,
      commands: Array.from({ length: 300 }, () => ({
        program: MARKUP,
        argv: [REORDER, MARKUP],
        via: [MARKUP],
      })),
      unknown: [MARKUP, REORDER],
    };
    const requester: Identity = {
      user: `${MARKUP}\u202e`,
      groups: [],
      conversation: MARKUP,
      proof: 'claimed',
    };
    const { id } = await ask(desk, '', { asked, requester, rule: MARKUP, reason: REORDER });
    for (const viewport of [
      { width: 1280, height: 800 },
      { width: 390, height: 800 },
    ]) {
      const { page, complaints } = await open(t, `/approvals/${id}`, { viewport });
      const script = card(page, id).locator('.script');
      t.match(await script.textContent(), 'rm -rf /⟨202E⟩"txt.eruces" tac⟨202C⟩\n<img src=x');
      t.notMatch(await script.textContent(), /the end/);
      await button(card(page, id), /^Approve/).click();
      await until(
        () => script.textContent(),
        (text) => text?.includes('the end') ?? false,
      );
      t.match(await script.textContent(), /the end/, 'arming shows all of it');
      await page.keyboard.press('Escape');
      await button(card(page, id), /^Approve$/).waitFor();
      t.match(await script.textContent(), /the end/, 'and it stays');
      t.equal(await card(page, id).locator('.parsed li').count(), 300);
      t.equal(await page.evaluate(() => (window as { owned?: number }).owned), undefined);
      t.notMatch(await page.locator('body').innerText(), /[\u202a-\u202e\u2066-\u2069]/);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      t.equal(wide, 0, `nothing is pushed out of sight at ${viewport.width}`);
      t.same(complaints, []);
    }
    await desk.cancel(id, 'admin');
  });
});
