/** What comes and goes on the approvals page, in real Chromium: expiry, windows, notifications, hundreds. */
import t, { type Test } from 'tap';
import type { Identity } from '../../../recorder/audit/identity.ts';
import { needsChromium } from '../../chromium.ts';
import { SECOND } from '../../recorder/approvals/sample.ts';
import { countOf, type Stage, stage } from '../browser.ts';
import { decided, end, idOf, start } from '../sessions.ts';
import { ask, card, MARKUP, past } from './asking.ts';

t.setTimeout(600_000);

t.test('as it happens', { skip: !needsChromium(t) }, async (t) => {
  const world = await stage(t);
  const { desk, open } = world;

  await t.test('what comes and what runs out is seen as it happens', async (t) => {
    const { page } = await open(t, '/approvals');
    await page.getByText('nothing waits').waitFor();
    await page.getByText('as soon as it is asked').waitFor();
    const { id, mark } = await ask(desk, 'make late', {}, { timeout: 2 * SECOND });
    await card(page, id).waitFor();
    t.match(await card(page, id).locator('.left').textContent(), /\d s left/);
    t.equal(await page.title(), '(1) Approvals · Chaperone');
    t.match(await mark, { state: 'expired' });
    await past(page, id).getByText('expired').waitFor();
    t.equal(await page.locator('.ask').count(), 0);
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
