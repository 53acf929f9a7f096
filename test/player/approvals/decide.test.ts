/** Humans decide in real Chromium, on a real desk over a real log: what it takes. */
import t from 'tap';
import type { Identity } from '../../../recorder/audit/identity.ts';
import { needsChromium } from '../../chromium.ts';
import { approver, SECOND } from '../../recorder/approvals/sample.ts';
import { stage } from '../browser.ts';
import { ask, button, card, past, votesOf } from './asking.ts';

t.setTimeout(600_000);

t.test('deciding', { skip: !needsChromium(t) }, async (t) => {
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
});
