/** Humans decide in real Chromium, on a real desk over a real log: what is seen, and what it takes to decide. */
import type { Locator, Page } from 'playwright-core';
import t, { type Test } from 'tap';
import type { Desk } from '../../recorder/approvals/desk.ts';
import type { AskedFor } from '../../recorder/audit/approval.ts';
import type { ApprovalMark } from '../../recorder/audit/decision.ts';
import type { Identity } from '../../recorder/audit/identity.ts';
import { needsChromium } from '../chromium.ts';
import { approver, asking, SECOND } from '../recorder/approvals/sample.ts';
import { countOf, type Stage, stage, until } from './browser.ts';
import { decided, end, idOf, start } from './sessions.ts';

t.setTimeout(600_000);

const HOUR = 3600 * SECOND;
const MARKUP = `<img src=x onerror="window.owned=1"><script>window.owned=1</script>`;
const REORDER = 'rm -rf /\u202e"txt.eruces" tac\u202c';
let digests = 0;

type Given = Parameters<typeof asking>;

/** Asks for something new, and waits until it waits. */
async function ask(
  desk: Desk,
  line: string,
  change: Given[0] = {},
  terms: Given[1] = {},
): Promise<{ id: string; mark: Promise<ApprovalMark> }> {
  digests += 1;
  const digest = digests.toString(16).padStart(64, '0');
  const asked: AskedFor = {
    kind: 'command',
    line,
    cwd: '/srv/shop',
    commands: [{ program: 'make', argv: line.split(' '), via: ['sudo'] }],
    unknown: [],
  };
  let mark: Promise<ApprovalMark> = Promise.reject(new Error('never asked'));
  mark.catch(() => {});
  const id = await new Promise<string>((resolve, reject) => {
    mark = desk.ask(asking({ asked, digest, ...change }, { timeout: HOUR, ...terms }), { waiting: resolve });
    mark.catch(reject);
  });
  return { id, mark };
}

const card = (page: Page, id: string) => page.locator(`.ask[data-ask="${id}"]`);
const past = (page: Page, id: string) => page.locator(`.past[data-ask="${id}"]`);
const button = (where: Locator, name: RegExp) => where.getByRole('button', { name });
const votesOf = (desk: Desk, id: string) => desk.find(id).votes.length;

t.test('approvals', { skip: !needsChromium(t) }, async (t) => {
  const world = await stage(t);
  const { desk, open } = world;

  await t.test('what waits is seen, and only the second click approves it', async (t) => {
    const requester: Identity = {
      user: 'agent',
      groups: [],
      conversation: 'c-17',
      pod: { namespace: 'shop', name: 'cursor-0', uid: 'u1', serviceAccount: 'cursor' },
      proof: 'hook',
    };
    const { id, mark } = await ask(desk, 'sudo make deploy', { requester });
    const { page, complaints } = await open(t, '/');
    await page.getByRole('link', { name: 'Approvals 1 waiting' }).click();
    await card(page, id).waitFor();
    t.equal(new URL(page.url()).pathname, '/approvals');
    t.equal(await page.title(), '(1) Approvals · Chaperone');
    const text = (await card(page, id).textContent()) ?? '';
    for (const part of ['sudo make deploy', '/srv/shop', 'sudo › ', 'agent', 'Cursor hook', 'shop/cursor-0'])
      t.match(text, part);
    for (const part of [
      'c-17',
      'A deployment wants a second pair of eyes.',
      'team/deploys',
      /59 min \d\d s left/,
    ])
      t.match(text, part);
    await button(card(page, id), /^Approve/).dblclick();
    await button(card(page, id), /^Approve: press again/).waitFor();
    t.equal(votesOf(desk, id), 0, 'a double click is one step');
    await button(card(page, id), /^Deny$/).click();
    await button(card(page, id), /^Approve$/).waitFor();
    await button(card(page, id), /^Approve$/).click();
    t.equal(votesOf(desk, id), 0, 'other steps arm anew');
    await button(card(page, id), /^Approve: press again/).click();
    t.match(await mark, { state: 'approved', by: ['admin'] });
    await past(page, id).waitFor();
    t.equal(await card(page, id).count(), 0);
    t.match(await past(page, id).textContent(), /approved by admin/);
    t.equal(await page.title(), 'Approvals · Chaperone');
    t.same(complaints, []);
  });

  await t.test('what is armed is safe again after a while', async (t) => {
    const { id } = await ask(desk, 'make clean');
    const { page } = await open(t, `/approvals/${id}`);
    await card(page, id).waitFor();
    await page.clock.install();
    await button(card(page, id), /^Deny$/).click();
    await page.clock.runFor(4500);
    await button(card(page, id), /^Deny: press again/).waitFor();
    await page.clock.runFor(1000);
    await button(card(page, id), /^Deny$/).waitFor();
    t.equal(votesOf(desk, id), 0);
    await desk.cancel(id, 'admin');
  });

  await t.test('deny with a comment, approve for a while, revoke', async (t) => {
    const first = await ask(desk, 'make wipe');
    const second = await ask(desk, 'make test');
    const { page } = await open(t, '/approvals');
    await card(page, first.id).getByLabel('Comment').fill('not on <b>Friday</b>');
    await button(card(page, first.id), /^Deny/).click();
    await button(card(page, first.id), /^Deny/).click();
    t.match(await first.mark, { state: 'denied', by: ['admin'], comment: 'not on <b>Friday</b>' });
    await past(page, first.id).getByText('denied by admin (not on <b>Friday</b>)').waitFor();
    await card(page, second.id).getByLabel('If approved').selectOption('30');
    await button(card(page, second.id), /^Approve/).click();
    await button(card(page, second.id), /^Approve/).click();
    await second.mark;
    t.equal(desk.find(second.id).votes[0]?.grant, 30 * 60 * SECOND);
    const still = page.getByRole('region', { name: 'Still passes' });
    await still.getByText(/Passes again for (29|30) min/).waitFor();
    await still.getByRole('button', { name: 'Revoke' }).click();
    await past(page, second.id).getByText('approved by admin, revoked').waitFor();
    t.equal(desk.find(second.id).revoked, true);
  });

  await t.test('by the keyboard', async (t) => {
    const first = await ask(desk, 'make one');
    const second = await ask(desk, 'make two');
    const third = await ask(desk, 'make three');
    const { page } = await open(t, '/approvals');
    await card(page, third.id).waitFor();
    await page.keyboard.press('a');
    await page.keyboard.press('Enter');
    t.equal(await page.locator('.armed').count(), 0, 'nothing is chosen, nothing happens');
    await page.keyboard.press('j');
    await page.locator(`[data-ask="${first.id}"]:focus`).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('k');
    await page.locator(`[data-ask="${second.id}"]:focus`).waitFor();
    await page.keyboard.press('Enter');
    await page.keyboard.press('a');
    await page.keyboard.press('a');
    await button(card(page, second.id), /^Approve: press again/).waitFor();
    await page.keyboard.press('Escape');
    await button(card(page, second.id), /^Approve$/).waitFor();
    await page.keyboard.press('a');
    t.equal(votesOf(desk, second.id), 0);
    await page.keyboard.press('Enter');
    t.match(await second.mark, { state: 'approved' });
    await past(page, second.id).waitFor();
    await page.keyboard.press('a');
    t.equal(
      await page.locator('.armed').count(),
      0,
      'the next one is not armed by what was meant for the last',
    );
    await page.keyboard.press('j');
    await page.locator(`[data-ask="${third.id}"]:focus`).waitFor();
    await page.keyboard.press('d');
    await page.keyboard.press('Enter');
    t.match(await third.mark, { state: 'denied' });
    t.equal(votesOf(desk, first.id), 0);
    await page.keyboard.press('?');
    await page.locator('.help').getByText('confirm what is armed').waitFor();
    await desk.cancel(first.id, 'admin');
  });

  await t.test('a key that is held decides nothing', async (t) => {
    const { id } = await ask(desk, 'make held');
    const { page } = await open(t, `/approvals?id=${id}`);
    await page.locator(`[data-ask="${id}"]:focus`).waitFor();
    await page.keyboard.press('d');
    await page.keyboard.press('Escape');
    await page.keyboard.down('Enter');
    await button(card(page, id), /^Deny: press again/).waitFor();
    await page.keyboard.down('Enter');
    await page.keyboard.down('Enter');
    await page.keyboard.up('Enter');
    t.equal(votesOf(desk, id), 0);
    await desk.cancel(id, 'admin');
  });

  await t.test('what comes and what runs out is seen as it happens', async (t) => {
    const { page } = await open(t, '/approvals');
    await page.getByText('nothing waits').waitFor();
    const { id, mark } = await ask(desk, 'make late', {}, { timeout: 2 * SECOND });
    await card(page, id).waitFor();
    t.match(await card(page, id).locator('.left').textContent(), /\d s left/);
    t.equal(await page.title(), '(1) Approvals · Chaperone');
    t.match(await mark, { state: 'expired' });
    await past(page, id).getByText('expired').waitFor();
    t.equal(await page.locator('.ask').count(), 0);
  });

  await t.test('what the recorder says against a decision is said there', async (t) => {
    const { id } = await ask(desk, 'make twice', {}, { quorum: 2 });
    const { page } = await open(t, '/approvals');
    for (let times = 0; times < 2; times++) await button(card(page, id), /^Approve/).click();
    await card(page, id).getByText('1 of 2').waitFor();
    await card(page, id).getByText('Not for you to decide: admin has decided on this already').waitFor();
    const late = await ask(desk, 'make late');
    await button(card(page, late.id), /^Approve$/).click();
    // Decided elsewhere between the click and the answer.
    await page.route(`**/api/approvals/${late.id}/vote`, async (route) => {
      await desk.vote(late.id, approver('other'), { vote: 'deny', comment: 'no' });
      await route.continue();
    });
    await button(card(page, late.id), /^Approve: press again/).click();
    await past(page, late.id).getByRole('alert').getByText('this request is denied already').waitFor();
    t.match(await past(page, late.id).textContent(), /denied by other \(no\)/);
    await desk.cancel(id, 'admin');
  });

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

  await t.test('no address decides, and one that names nothing says so', async (t) => {
    const { id } = await ask(desk, 'make link');
    const { page } = await open(t, `/approvals/${id}?vote=approve&confirm=1`);
    await page.locator(`[data-ask="${id}"]:focus`).waitFor();
    await page.goto(`${world.server.url}/api/approvals/${id}/vote?vote=approve`);
    t.equal(votesOf(desk, id), 0);
    await page.goto(`${world.server.url}/approvals/01J00000000000000000000009`);
    await page.getByText('The request of this address is not here').waitFor();
    await desk.cancel(id, 'admin');
  });

  await t.test('of the windows that nobody looks at one listens', async (t) => {
    const { page: first, context } = await open(t, '/approvals');
    await first.getByText('nothing waits').waitFor();
    const second = await context.newPage();
    await second.addInitScript(() => {
      let state = 'visible';
      Object.defineProperty(document, 'visibilityState', { get: () => state });
      Object.assign(window, {
        look(seen: boolean) {
          state = seen ? 'visible' : 'hidden';
          document.dispatchEvent(new Event('visibilitychange'));
        },
      });
    });
    const look = (seen: boolean) =>
      second.evaluate((is) => (window as unknown as { look(seen: boolean): void }).look(is), seen);
    await second.goto(`${world.server.url}/approvals`);
    await second.getByText('nothing waits').waitFor();
    const left = second.waitForEvent('requestfailed', (request) => request.url().includes('follow=1'));
    await look(false);
    await left;
    const one = await ask(desk, 'make unseen');
    await card(first, one.id).waitFor();
    t.equal(await second.title(), 'Approvals · Chaperone', 'it does not listen');
    await look(true);
    await card(second, one.id).waitFor();
    await look(false);
    await first.close();
    const two = await ask(desk, 'make chosen');
    await card(second, two.id).waitFor();
    for (const { id } of [one, two]) await desk.cancel(id, 'admin');
  });

  await t.test('a recorder that does not answer is said, and asked again', async (t) => {
    const { id } = await ask(desk, 'make patience');
    const { page } = await open(t, '/');
    const follow = '**/api/approvals?follow=1';
    await page.route(follow, (route) => route.abort());
    await page.goto(`${world.server.url}/approvals`);
    await page.getByText('The recorder is not there').waitFor();
    await page.unroute(follow);
    await card(page, id).waitFor();
    t.equal(await page.getByText('The recorder is not there').count(), 0);
    await desk.cancel(id, 'admin');
  });

  await t.test('a notification only for who asked for it', async (t) => {
    await notifications(t, world);
  });

  await t.test('what waits is cancelled in two steps as well', async (t) => {
    const [first, second] = [await ask(desk, 'make later'), await ask(desk, 'make never')];
    const { page, complaints } = await open(t, `/approvals/${first.id}`);
    await button(card(page, first.id), /^Cancel$/).dblclick();
    await button(card(page, first.id), /^Cancel: press again/).waitFor();
    t.equal(desk.find(first.id).settled, null, 'a double click is one step');
    await button(card(page, first.id), /^Cancel: press again/).click();
    t.match(await first.mark, { state: 'cancelled', by: ['admin'] });
    await past(page, first.id).getByText('cancelled by admin').waitFor();
    await card(page, second.id).click({ position: { x: 5, y: 5 } });
    await page.keyboard.press('x');
    await page.keyboard.press('Enter');
    t.match(await second.mark, { state: 'cancelled' });
    t.same(complaints, []);
  });

  await t.test('who may not decide is told why, and can only take back their own', async (t) => {
    const requester: Identity = { user: 'admin', groups: [], proof: 'claimed' };
    const { id } = await ask(desk, 'make mine', { requester });
    const { page } = await open(t, `/approvals/${id}`);
    await card(page, id).getByText('Not for you to decide: nobody decides on their own request').waitFor();
    t.equal(await button(card(page, id), /^(Approve|Deny)/).count(), 0);
    await page.locator(`[data-ask="${id}"]:focus`).waitFor();
    await page.keyboard.press('a');
    await page.keyboard.press('Enter');
    t.equal(await page.locator('.armed').count(), 0);
    t.equal(votesOf(desk, id), 0);
    await button(card(page, id), /^Cancel$/).click();
    await button(card(page, id), /^Cancel: press again/).click();
    await past(page, id).waitFor();
  });

  await t.test('hundreds stay usable', async (t) => {
    const all = [];
    for (let place = 0; place < 200; place++) {
      const conversation = `c${place % 4}`;
      const requester: Identity = { user: 'agent', groups: [], conversation, proof: 'claimed' };
      all.push(await ask(desk, `make target-${place}`, { requester }));
    }
    const last = all.at(-1)!;
    const { page, complaints } = await open(t, `/approvals/${last.id}`);
    await page.locator(`[data-ask="${last.id}"]:focus`).waitFor();
    t.equal(await page.title(), '(200) Approvals · Chaperone');
    t.equal(await countOf(page, '.ask', 200), 200);
    await page.keyboard.press('k');
    await page.keyboard.press('d');
    await page.keyboard.press('Enter');
    t.match(await all.at(-2)!.mark, { state: 'denied' });
    t.equal(await countOf(page, '.ask', 199), 199);
    await page.reload();
    await page.goto(`${world.server.url}/approvals`);
    t.equal(await countOf(page, '.ask', 50), 50);
    // By the keyboard: where cards are still being drawn, a pointer may be beside the button by the time that it is let go.
    await page.getByRole('button', { name: '149 more' }).press('Enter');
    t.equal(await countOf(page, '.ask', 100), 100);
    t.same(complaints, []);
    for (const { id } of all) if (desk.find(id).settled === null) await desk.cancel(id, 'admin');
    await page.getByText('nothing waits').waitFor();
  });

  await t.test('the session tells who approved', async (t) => {
    const { log } = world;
    const at = Date.now() * 1000;
    const session = idOf(7);
    const approved = decided(at + SECOND, 'make deploy', {
      decision: { effect: 'ask', rule: 'team/deploys', reason: 'Two see more.' },
    });
    const denied = decided(at + 2 * SECOND, 'make wipe', {
      decision: { effect: 'ask', rule: 'team/deploys' },
    });
    const mark = (id: number, state: 'approved' | 'denied', comment: string) => ({
      allowed: state === 'approved',
      approval: { id: idOf(id), state, by: ['admin'], comment },
    });
    Object.assign(approved.body, mark(1, 'approved', `go ${MARKUP}`));
    Object.assign(denied.body, mark(2, 'denied', 'no'));
    await log.append(session, [
      start({ id: session, startedAt: at }),
      approved,
      denied,
      end(at + 3 * SECOND),
    ]);
    const { page } = await open(t, `/sessions/${session}`);
    const rows = page.locator('.commands .row');
    await rows.nth(1).waitFor();
    t.match(await rows.nth(0).textContent(), `approved by admin (go ${MARKUP})`);
    t.match(await rows.nth(1).textContent(), 'denied by admin (no)');
  });
});

/** Chromium without a screen shows none: what the page asks it for is noted. */
async function notifications(t: Test, { desk, open, server }: Stage): Promise<void> {
  const { page, context, complaints } = await open(t, '/approvals');
  await context.grantPermissions(['notifications'], { origin: server.url });
  await page.addInitScript(() => {
    const shown: string[] = [];
    Object.assign(window, { shown });
    class Noted extends EventTarget {
      static permission = 'default';
      static async requestPermission() {
        Noted.permission = 'granted';
        return 'granted';
      }
      constructor(title: string, { body }: { body: string }) {
        super();
        shown.push(`${title} ${body}`);
      }
    }
    Object.assign(window, { Notification: Noted });
    document.hasFocus = () => false;
  });
  await page.reload();
  const shown = () => page.evaluate(() => (window as unknown as { shown: string[] }).shown);
  await page.getByText('nothing waits').waitFor();
  const first = await ask(desk, 'make quiet');
  await card(page, first.id).waitFor();
  t.same(await shown(), [], 'nobody asked for it');
  await page.getByRole('button', { name: 'Notify me', pressed: false }).click();
  await page.getByRole('button', { name: 'Notify me', pressed: true }).waitFor();
  const second = await ask(desk, `make \u202e${MARKUP}`);
  await card(page, second.id).waitFor();
  t.match(await shown(), [`Chaperone: waits for approval agent: make ⟨202E⟩<img`]);
  t.equal((await shown()).length, 1);
  await page.getByRole('button', { name: 'Notify me' }).click();
  await page.getByRole('button', { name: 'Notify me', pressed: false }).waitFor();
  const third = await ask(desk, 'make silent');
  await card(page, third.id).waitFor();
  t.equal((await shown()).length, 1);
  t.same(complaints, []);
  for (const { id } of [first, second, third]) await desk.cancel(id, 'admin');
}
