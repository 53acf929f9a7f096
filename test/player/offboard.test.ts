/** Somebody leaves, on the page, in real Chromium; and what the page leaves out for whom. */
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { Endings } from '../../recorder/log/endings.ts';
import type { Principal } from '../../recorder/server/principal.ts';
import { credentialReads } from '../../sidecar/cli/credential-reads.ts';
import { needsChromium } from '../chromium.ts';
import { asking } from '../recorder/approvals/sample.ts';
import { decisionDraft, endDraft, identityIn, outputDraft, startDraft } from '../recorder/server/world.ts';
import { stage } from './browser.ts';

t.setTimeout(600_000);
const MINE = '01JD0000000000000000000001';
const PAY = '01JD0000000000000000000002';
const first = identityIn('shop', 'first');
const SHOTS = process.env.CHAPERONE_SHOTS;

if (needsChromium(t)) {
  t.test('offboarding', async (t) => {
    const endings = new Endings();
    const { log, desk, server, browser, open } = await stage(t, {
      endings,
      credentialReads: credentialReads('/home/first'),
    });
    const at = Date.now() * 1000;
    await log.append(MINE, [
      startDraft(at, first),
      decisionDraft('cat ~/.ssh/id_rsa', true, at + 2_000_000),
      decisionDraft(
        "curl -H 'X: <img src=x onerror=alert(1)>' -u $DEPLOY_TOKEN https://x.test",
        true,
        at + 3_000_000,
      ),
      outputDraft('done\r\n', at + 4_000_000),
    ]);
    await log.append(PAY, [startDraft(at, identityIn('pay', 'second')), endDraft(at + 1)]);
    endings.watch(MINE, () => void log.append(MINE, [endDraft(at + 5_000_000)]));
    const asked = desk.ask(asking({ requester: first, session: MINE }));
    while (desk.list().length === 0) await sleep(2);
    const as = (principal: Partial<Principal>, path: string) =>
      server.loginUrl(path, { user: 'x', groups: [], roles: [], ...principal });

    await t.test('what they have, where it shows, and its end', async (t) => {
      const { page, complaints } = await open(t, '/');
      await page.click('header .offboard');
      await page.waitForURL('**/offboard');
      await page.fill('.names input', 'first first@example.org');
      await page.keyboard.press('Enter');
      await page.waitForURL('**/offboard?user=first&user=first%40example.org');
      await page.waitForSelector('.credentials li');
      t.match(await page.textContent('main'), /Running sessions: 1.*Approvals: 1.*To rotate: 2/s);
      const rows = await page.$$eval('.credentials > ul > li', (all) => all.map((row) => row.textContent));
      t.match(rows, [
        /File \/home\/first\/\.ssh\/id_rsa on box.*cat ~\/\.ssh\/id_rsa/,
        /Variable DEPLOY_TOKEN.*<img src=x/,
      ]);
      for (const [name, width, scheme] of [
        ['wide-light', 1280, 'light'],
        ['narrow-light', 390, 'light'],
        ['wide-dark', 1280, 'dark'],
        ['narrow-dark', 390, 'dark'],
      ] as const) {
        await page.setViewportSize({ width, height: 900 });
        await page.emulateMedia({ colorScheme: scheme });
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        t.ok(overflow <= 0, `${name}: nothing sticks out`);
        if (SHOTS) await page.screenshot({ path: `${SHOTS}/offboard-${name}.png`, fullPage: true });
      }
      await page.click('header .who');
      t.ok(await page.isVisible('.offboard-here'), 'on a phone the way there is in the panel of the account');
      await page.keyboard.press('Escape');
      await page.setViewportSize({ width: 1280, height: 900 });
      t.ok(await page.isDisabled('.end-all'), 'not without its name');
      await page.fill('.ending input', 'alic');
      t.ok(await page.isDisabled('.end-all'));
      await page.fill('.ending input', 'first');
      await page.click('.end-all');
      await page.waitForSelector('text=1 session, 1 approval and 0 logins have ended.');
      await page.waitForSelector('text=Running sessions: 0');
      t.equal((await log.session(MINE)).state, 'ended');
      t.match(await asked, { state: 'cancelled' });
      if (SHOTS) await page.screenshot({ path: `${SHOTS}/offboard-done.png`, fullPage: true });
      await page.click('.credentials ol a');
      await page.waitForURL(`**/sessions/${MINE}?t=2s`);
      t.same(complaints, []);
    });

    await t.test(
      'what a role cannot do is left out, and what is asked for all the same is explained',
      async (t) => {
        const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
        t.teardown(() => context.close());
        const page = await context.newPage();
        await page.goto(as({ roles: ['viewer'], scopes: { viewer: [{ namespaces: ['pay'] }] } }, '/'));
        await page.waitForSelector('[data-session]');
        t.equal(await page.locator('[data-session]').count(), 1, 'their sessions and no others');
        await page.waitForSelector('header .try');
        t.equal(await page.locator('header .offboard').count(), 0);
        await page.goto(`${server.url}/offboard?user=first`);
        await page.waitForSelector('.notice.problem');
        t.match(
          await page.textContent('.notice.problem'),
          /not yours to see.*viewer here, and may not do this/s,
        );
        await page.goto(`${server.url}/sessions/${MINE}`);
        await page.waitForSelector('.notice.problem');
        t.match(await page.textContent('.notice.problem'), /There is no such session/);
        await page.goto(as({}, '/'));
        await page.waitForSelector('.notice.problem');
        t.match(await page.textContent('.notice.problem'), /not yours to see.*has no role here/s);
        await page.waitForSelector('header .try', { state: 'detached' });
        if (SHOTS) await page.screenshot({ path: `${SHOTS}/no-role.png`, fullPage: true });
      },
    );
  });
}
