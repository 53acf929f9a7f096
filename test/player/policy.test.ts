/** The policy in force asked from the page, in real Chromium: as it is typed, and from a recorded decision. */
import t from 'tap';
import { explainerOf } from '../../sidecar/cli/explainer.ts';
import { policyOf } from '../../sidecar/policy/policy-file.ts';
import { needsChromium } from '../chromium.ts';
import { TEAM } from '../sidecar/policy/team.ts';
import { stage } from './browser.ts';
import { decided, end, idOf, REFUSAL, SECOND, start } from './sessions.ts';

t.setTimeout(600_000);

const POLICY = `${TEAM}---
apiVersion: chaperone.dev/v1alpha1
kind: AgentPolicy
metadata: { name: other }
spec: { subjects: [{ users: [nobody-here] }], commands: [] }
`;

if (needsChromium(t)) {
  t.test('the policy in force', async (t) => {
    const policy = await policyOf(POLICY, 'policy.yaml');
    const { log, open } = await stage(t, { explainer: explainerOf(() => policy) });
    const id = idOf(1);
    const now = Date.now() * 1000;
    await log.append(id, [
      start({ id, startedAt: now }),
      decided(now + SECOND, 'sudo git push origin', { decision: REFUSAL }),
      end(now + 2 * SECOND),
    ]);

    await t.test('answers as it is typed, and runs nothing', async (t) => {
      const { page, complaints } = await open(t, '/try');
      t.equal(await page.evaluate(() => document.activeElement?.tagName), 'TEXTAREA');
      await page.keyboard.type('git push origin');
      await page.waitForSelector('.explanation .decision.deny');
      t.match(
        await page.textContent('.explanation'),
        /team\/no-push.*Pushes go through review\..*git push --dry-run/s,
      );
      t.match(await page.textContent('.variants'), /with --dry-run: git push origin --dry-run/);
      await page.keyboard.type(' --dry-run');
      await page.waitForSelector('.explanation .decision.allow');
      await page.waitForURL(/\/try\?a=git\+push\+origin\+--dry-run$/);
      t.same(complaints, []);
      t.equal((await log.sessions()).sessions.length, 1, 'nothing was recorded');
    });

    await t.test('a recorded decision leads to its explanation, as whoever acted', async (t) => {
      const { page, complaints } = await open(t, `/sessions/${id}`);
      await page.click('.row-explain');
      await page.waitForSelector('.explanation .decision.deny');
      t.equal(await page.inputValue('textarea'), 'sudo git push origin');
      t.match(await page.textContent('.try-where'), new RegExp(`session ${id}`));
      const parts = await page.$$eval('.part', (rows) =>
        rows.map((row) => [row.querySelector('code')?.textContent, (row as HTMLElement).dataset.decisive]),
      );
      t.same(parts, [
        ['sudo git push origin', 'false'],
        ['git push origin', 'true'],
      ]);
      t.match(await page.textContent('.policies'), /By team; not for this identity: other/);
      t.same(complaints, []);
    });

    await t.test('a request, what is hostile, and what is none', async (t) => {
      const { page, complaints } = await open(t, '/try?a=DELETE+/api/v1/namespaces/x/pods/y');
      await page.waitForSelector('.explanation .decision.allow');
      t.match(await page.textContent('.part'), /delete pods x\/y.*judged as.*delete, write/s);
      await page.fill('textarea', `echo '<img src=x onerror=alert(1)>' \u202etxt\n$(`);
      await page.waitForSelector('.explanation .decision.ask');
      t.equal(await page.locator('.explanation img').count(), 0);
      t.equal((await page.locator('.explanation .mark').count()) > 0, true, 'what cannot be seen is marked');
      t.same(complaints, []);
      await page.fill('textarea', 'GET /api/v1/../pods');
      await page.waitForSelector('.notice.problem');
      t.match(await page.textContent('.notice.problem'), /refused with 400 before any policy is asked/);
    });

    await t.test('nothing is cut off on a phone', async (t) => {
      const viewport = { width: 390, height: 844 };
      const { page } = await open(t, '/try?a=sudo+git+push+origin', { viewport, colorScheme: 'dark' });
      await page.waitForSelector('.explanation .decision.deny');
      t.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
      if (process.env.CHAPERONE_SHOTS) {
        await page.screenshot({ path: `${process.env.CHAPERONE_SHOTS}/try-390.png`, fullPage: true });
        const wide = await open(t, '/try?a=sudo+git+push+origin+%26%26+ls', { colorScheme: 'light' });
        await wide.page.waitForSelector('.explanation .decision.deny');
        await wide.page.screenshot({ path: `${process.env.CHAPERONE_SHOTS}/try-1280.png`, fullPage: true });
        const session = await open(t, `/sessions/${id}`, { colorScheme: 'dark' });
        await session.page.waitForSelector('.row-explain');
        await session.page.screenshot({ path: `${process.env.CHAPERONE_SHOTS}/session-1280.png` });
      }
    });
  });

  t.test('where no policy is in force here, it says so', async (t) => {
    const { open } = await stage(t);
    const { page } = await open(t, '/try?a=ls');
    await page.waitForSelector('.notice');
    t.match(await page.textContent('.try-page'), /no policy is in force in this process/);
  });
}
