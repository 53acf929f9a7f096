/** Which AI request did this, in real Chromium: from a prompt to what it changed, and from a change to the prompt. */
import t from 'tap';
import { needsChromium } from '../chromium.ts';
import { approver, asking } from '../recorder/approvals/sample.ts';
import {
  announcement,
  asked,
  begin,
  conversation,
  HOOKS,
  hook,
  ran,
  SCALE,
  SHELL,
} from '../recorder/attribution/scene.ts';
import { countOf, stage } from './browser.ts';

t.setTimeout(600_000);

t.test('blame', { skip: !needsChromium(t) }, async (t) => {
  const { log, desk, open } = await stage(t);
  await log.append(HOOKS, [
    conversation(),
    hook(1, 'beforeSubmitPrompt', { prompt: 'scale web' }),
    ...announcement(2, SCALE),
    ...announcement(8, 'git push', false),
    hook(9, 'afterShellExecution', { command: SCALE, output: 'scaled', duration: 900 }),
    ...announcement(10, 'echo \u202eevil'),
    hook(12, 'afterShellExecution', { command: 'echo \u202eevil', duration: 900 }),
  ]);
  const claims = { conversation: 'c-1' };
  await log.append(SHELL, [
    begin({ identity: claims }),
    ran(4, SCALE),
    ...asked(5, { verb: 'get' }),
    ...asked(6),
    ran(7, 'curl x'),
  ]);

  await t.test(
    'from the prompt down, with refusals in their rows and what does not fit together',
    async (t) => {
      const { page, complaints } = await open(t, `/sessions/${HOOKS}`);
      t.equal(await countOf(page, '.effects .step', 2), 2);
      const rows = page.locator('.told > .row');
      const command = rows.nth(1);
      t.match(await command.textContent(), /Tool.*kubectl scale/);
      const steps = command.locator('.effects .step');
      t.match(await steps.allTextContents(), [
        /^commandkubectl scale .*same words as the hook$/,
        /^objectPATCH deployments\.apps shop\/web \(uid uid-web\)claimed: the session's token, kubectl's own word$/,
      ]);
      t.match(await rows.nth(3).getAttribute('class'), /refused/);
      t.match(await rows.nth(3).textContent(), /Refused.*Not from here\..*team\/no/);
      const findings = page.locator('.findings li');
      t.match(await findings.allTextContents(), [
        /no hook told of it curl x/,
        /no guarded shell ran it echo/,
      ]);
      t.notMatch((await findings.allTextContents()).join(), '\u202e', 'hidden characters are marked');
      await steps.nth(1).locator('a').focus();
      await page.keyboard.press('Enter');
      await page.waitForURL(new RegExp(`/sessions/${SHELL}\\?t=6`));
      t.same(complaints, []);
    },
  );

  await t.test('what waits for a person says so, and leads there', async (t) => {
    const { page, complaints } = await open(t, `/sessions/${HOOKS}`);
    await log.append(HOOKS, [
      hook(20, 'beforeShellExecution', { command: 'make release', cwd: '/srv/shop' }),
    ]);
    const told = { line: 'make release', cwd: '/srv/shop', commands: [], unknown: [] };
    const wanted = asking({ session: HOOKS, asked: { kind: 'command', ...told } });
    const answer = desk.ask(wanted, {});
    const badge = page.locator('.told > .row', { hasText: 'make release' }).locator('a.waiting');
    await badge.waitFor();
    t.match(await badge.getAttribute('href'), /^\/approvals\/[0-9A-Z]{26}$/);
    const [waits] = desk.list();
    await desk.vote(waits!.request.id, approver('reviewer'), { vote: 'deny' });
    t.match(await answer, { state: 'denied' });
    await badge.waitFor({ state: 'detached' });
    t.same(complaints, []);
  });

  await t.test('from a change up to the prompt, by the keyboard', async (t) => {
    const { page, complaints } = await open(t, `/sessions/${SHELL}`);
    await page.getByRole('tab', { name: /^Requests/ }).click();
    await page.locator('.request > button', { hasText: 'patch' }).click();
    const button = page.getByRole('button', { name: 'Which AI request did this?' });
    await button.focus();
    await page.keyboard.press('Enter');
    t.equal(await countOf(page, '.chain .step', 7), 7);
    t.match(await page.locator('.chain .step').allTextContents(), [
      /^forada@shop\.example \(as agent\)Cursor's hook$/,
      /^conversationc-1/,
      /^promptscale webCursor's hook$/,
      /^agentkubectl scale/,
      /^commandkubectl scale .*same words as the hook$/,
      /^request/,
      /^objectdeployments\.apps shop\/web \(uid uid-web\)recorded$/,
    ]);
    t.ok(
      await page.evaluate(() => document.activeElement?.classList.contains('behind')),
      'the answer has the focus',
    );
    await page.locator('.chain .prompt a').click();
    await page.locator('.told > .row[aria-current=true]', { hasText: 'scale web' }).waitFor();
    t.same(complaints, [], 'nothing against the Content Security Policy');
  });

  await t.test('reads are not asked about', async (t) => {
    const { page } = await open(t, `/sessions/${SHELL}`);
    await page.getByRole('tab', { name: /^Requests/ }).click();
    await page.locator('.request > button', { hasText: 'get' }).click();
    await page.locator('.exchange-facts').waitFor();
    t.equal(await page.getByRole('button', { name: 'Which AI request did this?' }).count(), 0);
  });

  await t.test('on a narrow screen nothing is wider than it', async (t) => {
    const { page } = await open(t, `/sessions/${HOOKS}`, { viewport: { width: 390, height: 800 } });
    t.equal(await countOf(page, '.effects .step', 2), 2);
    t.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
    t.ok(
      await page.evaluate(() =>
        [...document.querySelectorAll('.step, .findings')].every((e) => e.scrollWidth <= e.clientWidth + 1),
      ),
    );
  });

  const shots = process.env.CHAPERONE_SHOTS;
  if (shots === undefined) return;
  for (const width of [1280, 390])
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page } = await open(t, `/sessions/${HOOKS}?t=1`, {
        viewport: { width, height: 800 },
        colorScheme,
      });
      await countOf(page, '.effects .step', 2);
      await page.screenshot({ path: `${shots}/down-${width}-${colorScheme}.png` });
      await page.goto(new URL(`/sessions/${SHELL}`, page.url()).href);
      await page.getByRole('tab', { name: /^Requests/ }).click();
      await page.locator('.request > button', { hasText: 'patch' }).click();
      await page.getByRole('button', { name: 'Which AI request did this?' }).click();
      await countOf(page, '.chain .step', 7);
      await page.screenshot({ path: `${shots}/up-${width}-${colorScheme}.png` });
    }
});
