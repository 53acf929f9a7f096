/** The list of sessions, in real Chromium on the real server. */
import t from 'tap';
import { needsChromium } from '../chromium.ts';
import { stage } from './browser.ts';
import { decided, end, idOf, output, playDay, REFUSAL, SECOND, start } from './sessions.ts';

t.setTimeout(600_000);

const NOW = Date.now() * 1000;

t.test('sessions, newest first, as they happen', { skip: !needsChromium(t) }, async (t) => {
  const { log, open } = await stage(t);

  await t.test('says how to record the first one, and shows it when it comes', async (t) => {
    const { page, complaints } = await open(t, '/');
    await page.getByText('No sessions yet').waitFor();
    t.match(await page.textContent('main'), /chaperone shell/);
    await playDay(log, { id: idOf(50), startedAt: NOW - 600 * SECOND }, { ended: false });
    await page.locator('[data-session]').waitFor();
    t.equal(await page.locator('.badge.live').count(), 1);
    const row = (await page.textContent('[data-session]')) ?? '';
    for (const part of [
      'bash -i',
      'agent',
      'build-7',
      '/srv/checkout',
      '7 commands',
      '2 refused',
      '1 unjudged',
      /1\d min ago/,
    ]) {
      t.match(row, part, String(part));
    }
    await log.append(idOf(50), [
      output(NOW, 'bye\r\n'),
      decided(NOW, 'rm -rf ~', { decision: REFUSAL }),
      end(NOW),
    ]);
    await page.getByText('3 refused').waitFor();
    await page.locator('.badge.live').waitFor({ state: 'detached' });
    t.same(complaints, []);
  });

  for (let place = 0; place < 120; place++) {
    const id = idOf(place + 100);
    const startedAt = NOW - (200 - place) * 3600 * SECOND;
    const user = place % 2 ? 'operator' : 'cursor-agent';
    const line = place === 7 ? 'terraform destroy' : 'npm run build';
    await log.append(id, [
      start({ id, startedAt, user }),
      decided(startedAt + SECOND, line),
      end(startedAt + 90 * SECOND),
    ]);
  }
  const cut = idOf(300);
  await log.append(cut, [start({ id: cut, startedAt: NOW - 30 * SECOND, command: ['zsh'] })]);
  log.release(cut);

  await t.test('pages grow as one scrolls, by day, without a repeat', async (t) => {
    const { page, complaints } = await open(t, '/');
    const rows = page.locator('[data-session]');
    await rows.first().waitFor();
    t.equal(await rows.first().getAttribute('data-session'), cut);
    t.equal(await page.locator('[data-session] .badge.cut').count(), 1);
    t.equal(await rows.count(), 50);
    while ((await rows.count()) < 122) {
      await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
      await page.waitForTimeout(50);
    }
    const ids = await rows.evaluateAll((links) =>
      links.map((link) => (link as HTMLElement).dataset.session!),
    );
    t.same(ids, [...new Set(ids)].sort().reverse());
    t.ok((await page.locator('.day h2').count()) >= 8, 'a heading for each day');
    t.same(complaints, []);
  });

  await t.test('search asks the server, and stands in the address', async (t) => {
    const { page } = await open(t, '/');
    await page.locator('[data-session]').first().waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('TERRAFORM cursor');
    await page.waitForFunction(() => document.querySelectorAll('[data-session]').length === 0);
    await page.getByText('Nothing matches').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.type('terraform operator');
    await page.waitForFunction(() => document.querySelectorAll('[data-session]').length === 1);
    await page.waitForURL('**/?q=terraform%20operator');
    await page.reload();
    await page.waitForFunction(() => document.querySelectorAll('[data-session]').length === 1);
    t.equal(await page.inputValue('input[type=search]'), 'terraform operator');
  });

  await t.test('keyboard: down, open, back to where one was', async (t) => {
    const { page } = await open(t, '/');
    await page.locator('[data-session]').first().waitFor();
    for (let press = 0; press < 30; press++) await page.keyboard.press('j');
    await page.keyboard.press('k');
    const focused = await page.evaluate(() => (document.activeElement as HTMLElement).dataset.session);
    t.equal(focused, idOf(192));
    const scrolled = await page.evaluate(() => scrollY);
    t.ok(scrolled > 0);
    await page.keyboard.press('Enter');
    await page.locator('.timeline').waitFor();
    t.equal(new URL(page.url()).pathname, `/sessions/${focused}`);
    await page.keyboard.press('J');
    await page.waitForURL(`**/sessions/${idOf(191)}`);
    await page.keyboard.press('u');
    await page.locator('[data-session]').first().waitFor();
    t.equal(await page.evaluate(() => scrollY), scrolled);
    t.equal(await page.evaluate(() => (document.activeElement as HTMLElement).dataset.session), idOf(191));
  });

  await t.test('from session to session, past the end of a page', async (t) => {
    const { page } = await open(t, `/sessions/${idOf(171)}`);
    await page.getByRole('link', { name: 'Older session' }).waitFor();
    await page.keyboard.press('J');
    await page.waitForURL(`**/sessions/${idOf(170)}`);
    await page.getByRole('link', { name: 'Newer session' }).click();
    await page.waitForURL(`**/sessions/${idOf(171)}`);
    t.pass();
  });

  await t.test('an address that leads nowhere has a heading, and a way out', async (t) => {
    for (const [path, title] of [
      ['/sessions/01KBNOPE', 'There is no such session'],
      ['/nowhere', 'Nothing is here'],
    ] as const) {
      const { page } = await open(t, path);
      await page.getByRole('heading', { level: 1, name: title }).waitFor();
      await page.getByRole('link', { name: 'All sessions' }).click();
      await page.locator('[data-session]').first().waitFor();
    }
    t.pass();
  });

  await t.test('who opens a session while a search is being typed stays there', async (t) => {
    const { page } = await open(t, '/');
    await page.locator('[data-session]').first().waitFor();
    await page.evaluate(() => {
      const input = document.querySelector<HTMLInputElement>('input[type=search]')!;
      input.value = 'npm';
      input.dispatchEvent(new Event('input', { bubbles: true }));
      document.querySelector<HTMLElement>('[data-session]')!.click();
    });
    await page.locator('.timeline').waitFor();
    t.equal(await page.evaluate(() => document.activeElement?.tagName), 'MAIN', 'and reads on there');
    await page.waitForTimeout(400);
    t.match(page.url(), /\/sessions\//);
  });

  await t.test('older sessions that do not come are asked for again by hand, not in a loop', async (t) => {
    const { page } = await open(t, '/');
    await page.locator('[data-session]').first().waitFor();
    let asked = 0;
    await page.route(/before=/, (route) => {
      asked++;
      return route.abort();
    });
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    await page.getByText('The recorder is not there').waitFor();
    await page.waitForTimeout(300);
    t.equal(asked, 1);
    t.equal(await page.locator('[data-session]').count(), 50, 'what is there stays');
    await page.unroute(/before=/);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.locator('[data-session]').nth(50).waitFor();
  });

  await t.test('a list that is not renewed says so', async (t) => {
    const { page, context } = await open(t, '/');
    await page.locator('[data-session]').first().waitFor();
    await context.setOffline(true);
    await page.getByText('No longer up to date').waitFor();
    await context.setOffline(false);
    await page.getByText('No longer up to date').waitFor({ state: 'detached' });
    t.pass();
  });

  await t.test('help sheet and theme', async (t) => {
    const { page } = await open(t, '/', { colorScheme: 'light' });
    await page.locator('[data-session]').first().waitFor();
    const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await background();
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await background();
    t.not(dark, light, 'as the system');
    await page.keyboard.press('t');
    t.equal(await background(), light, 'light, whatever the system says');
    await page.keyboard.press('t');
    await page.emulateMedia({ colorScheme: 'light' });
    t.equal(await background(), dark);
    await page.reload();
    await page.locator('[data-session]').first().waitFor();
    t.equal(await background(), dark, 'remembered');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor();
    await page.keyboard.press('j');
    t.equal(
      await page.evaluate(() => (document.activeElement as HTMLElement).dataset.session),
      undefined,
      'no keys behind the sheet',
    );
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
  });

  await t.test('errors say what to do', async (t) => {
    const { page, context } = await open(t, '/');
    await page.locator('[data-session]').first().waitFor();
    await context.clearCookies();
    await page.keyboard.press('/');
    await page.keyboard.type('npm');
    await page.getByText('You are not logged in').waitFor();
    await context.setOffline(true);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('The recorder is not there').waitFor();
    t.pass();
  });
});
