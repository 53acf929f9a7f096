/** A session replayed, in real Chromium on the real server. */
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import t from 'tap';
import { needsChromium } from '../chromium.ts';
import { needs } from '../tool.ts';
import { countOf, shows, stage, terminalText } from './browser.ts';
import {
  decided,
  end,
  idOf,
  output,
  playDay,
  REFUSAL,
  recordReal,
  resize,
  SECOND,
  start,
} from './sessions.ts';

t.setTimeout(600_000);

const NOW = Date.now() * 1000;
const DAY = idOf(1);

t.test('a session', { skip: !needsChromium(t) || !needs(t, 'asciinema') }, async (t) => {
  const { log, open } = await stage(t);
  await playDay(log, { id: DAY, startedAt: NOW - 3600 * SECOND });

  await t.test('plays by itself, paused by a key, in the size of its terminal', async (t) => {
    const { page, complaints } = await open(t, `/sessions/${DAY}`);
    await shows(page, 'git status');
    await page.getByRole('button', { name: 'Pause', exact: true }).waitFor();
    await page.keyboard.press('Space');
    await page.getByRole('button', { name: 'Play', exact: true }).waitFor();
    t.equal(await page.locator('.ap-line').count(), 24);
    t.match(await page.title(), /bash -i · agent/);
    t.same(complaints, [], 'nothing that the Content Security Policy refuses');
  });

  await t.test('a link to a moment shows that moment, and stays there', async (t) => {
    const { page } = await open(t, `/sessions/${DAY}?t=17s`);
    await shows(page, '43 passed, 0 failed');
    t.notMatch(await terminalText(page), 'rm -rf');
    await page.waitForTimeout(300);
    t.equal(await page.getAttribute('.timeline', 'aria-valuenow'), '17');
    await page.keyboard.press('ArrowRight');
    await shows(page, 'eval');
    await page.keyboard.press('c');
    await page.getByText(/Link to this moment|address bar has the link/).waitFor();
    t.equal(new URL(page.url()).search, '?t=22s');
  });

  await t.test('commands: decisions, jumps, refusals in their colour, the current one', async (t) => {
    const { page } = await open(t, `/sessions/${DAY}?t=0`);
    await page.locator('.commands .row').nth(6).waitFor();
    const texts = await page.locator('.commands .row').allTextContents();
    t.match(
      texts[2],
      /^0:1\d.*rm -rf \/ --no-preserve-root.*Refused.*Deletes everything.*baseline\/no-recursive-delete/s,
    );
    t.match(texts[3], /Unjudged.*eval of text/s);
    const red = await colour(page, '.commands .refused code', 'color');
    t.not(red, await colour(page, '.commands .allowed code', 'color'));
    t.not(
      await colour(page, '.timeline .refused', 'stroke'),
      await colour(page, '.timeline .allowed', 'stroke'),
    );
    t.equal(
      ((await page.getAttribute('.timeline .refused', 'd')) ?? '').split('M').length - 1,
      2,
      'two marks on the bar',
    );
    await page.locator('.commands .refused button').first().click();
    await shows(page, '$ rm -rf / --no-preserve-root', 'chaperone: refused');
    t.notMatch(await terminalText(page), 'chaperone: refused', 'the moment it was decided');
    await page.locator('.commands .refused[aria-current=true]').waitFor();
    await page.keyboard.press('r');
    await shows(page, 'install.sh');
    await page.keyboard.press('R');
    await page.locator('.commands .row:nth-child(3)[aria-current=true]').waitFor();
    await page.keyboard.press(']');
    await page.locator('.commands .row:nth-child(4)[aria-current=true]').waitFor();
    await page.keyboard.press('[');
    await page.locator('.commands .row:nth-child(3)[aria-current=true]').waitFor();
    await page.getByRole('button', { name: /^Refused 2/ }).click();
    t.equal(await countOf(page, '.commands .row', 2), 2);
    await page.fill('[aria-label="Filter commands"]', 'curl');
    t.equal(await countOf(page, '.commands .row', 1), 1);
  });

  await t.test('search in the output goes from match to match', async (t) => {
    const { page } = await open(t, `/sessions/${DAY}?t=1s`);
    await shows(page, 'git');
    await page.keyboard.press('/');
    await page.keyboard.type('REFUND');
    await page.getByText('5 lines').waitFor();
    await page.keyboard.press('Enter');
    await shows(page, 'src/payments/refund.ts', 'refund.test.ts');
    t.notMatch(await terminalText(page), 'refund.test.ts', 'at the very line');
    await page.keyboard.press('Enter');
    await shows(page, 'refund.test.ts');
    await page.keyboard.press('Escape');
    await page.keyboard.press('N');
    await page.getByText('1 of 5').waitFor();
    await page.keyboard.press('N');
    await page.getByText('5 of 5').waitFor();
    await shows(page, 'Round refunds to the cent');
    await page.fill('[aria-label="Text in the output"]', 'not there');
    await page.getByText('No match').waitFor();
    await page.fill('[aria-label="Text in the output"]', 'checkout-6d9f');
    await page.keyboard.press('Enter');
    await page.getByText('1 of 2').waitFor();
    await shows(page, '2xkqp', '9wvtz');
  });

  await t.test('speed and skipped pauses are kept, and time stays the session’s own', async (t) => {
    const { page } = await open(t, `/sessions/${DAY}?t=4s`);
    await shows(page, '43 passed');
    await page.keyboard.press('s');
    for (const _ of '123') await page.keyboard.press('>');
    await page.keyboard.press('Space');
    await shows(page, 'rm -rf');
    t.ok(Number(await page.getAttribute('.timeline', 'aria-valuenow')) >= 17);
    await page.reload();
    await page.locator('.toggle[aria-pressed=true]').waitFor();
    t.equal(await page.inputValue('.speed select'), '8');
  });

  await t.test('the bar: click, keys, ends', async (t) => {
    const { page } = await open(t, `/sessions/${DAY}?t=1s`);
    await shows(page, 'git');
    const { x, y, width } = (await page.locator('.timeline').boundingBox())!;
    await page.mouse.click(x + width * 0.5, y + 10);
    await page.waitForFunction(
      () => Number(document.querySelector('.timeline')!.getAttribute('aria-valuenow')) >= 14,
    );
    await page.keyboard.press('End');
    await shows(page, 'Round refunds');
    await page.getByRole('button', { name: 'Replay', exact: true }).waitFor();
    await page.keyboard.press('0');
    await page.waitForFunction(
      () => document.querySelector('.timeline')!.getAttribute('aria-valuenow') === '0',
    );
    await page.keyboard.press('.');
    await shows(page, 'agent@build-7:/srv/checkout$', 'git');
    t.notMatch(await terminalText(page), 'git');
    await page.keyboard.press('f');
    await page.waitForFunction(() => document.fullscreenElement?.classList.contains('stage'));
    t.pass('full screen, controls included');
  });

  await t.test('downloads in every format', async (t) => {
    const { page } = await open(t, `/sessions/${DAY}?t=0`);
    for (const [name, begins] of [
      ['asciicast v3', '{"version":3'],
      ['asciicast v2', '{"version":2'],
      ['Text', ''],
      ['JSON lines', '{'],
    ] as const) {
      await page.locator('summary', { hasText: 'Download' }).click();
      const coming = page.waitForEvent('download');
      await page.getByRole('link', { name }).click();
      const text = await readFile(await (await coming).path(), 'utf8');
      t.ok(text.startsWith(begins) && text.includes('refund.test.ts') !== (name === 'JSON lines'), name);
    }
  });

  await t.test('details say who, and on what that rests', async (t) => {
    const { page } = await open(t, `/sessions/${DAY}?t=0`);
    await page.getByRole('tab', { name: 'Details' }).click();
    await page.getByText('sha256:3f1c9d2ab07e55c1').waitFor();
    const details = (await page.textContent('.details')) ?? '';
    for (const part of [DAY, 'agent', 'own claim', 'platform', '80 × 24, xterm-256color'])
      t.match(details, part);
  });

  await t.test('by keyboard alone: panels, and the bar', async (t) => {
    const { page } = await open(t, `/sessions/${DAY}?t=10s`);
    await shows(page, '43 passed');
    await page.getByRole('tab', { name: 'Commands' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.getByRole('tabpanel', { name: 'Details' }).waitFor();
    await page.keyboard.press('Home');
    await page.getByRole('tabpanel', { name: 'Commands' }).waitFor();
    t.equal(await page.getAttribute('.timeline', 'aria-valuenow'), '10', 'the replay stays where it is');
    await page.locator('.timeline').focus();
    await page.keyboard.press('PageUp');
    await page.waitForFunction(
      () => Number(document.querySelector('.timeline')!.getAttribute('aria-valuenow')) >= 12,
    );
    await page.locator('summary').focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Escape');
    t.equal(await page.evaluate(() => document.activeElement?.tagName), 'SUMMARY');
  });

  await t.test(
    'a recording that breaks off is shown as far as it goes, and said to be incomplete',
    async (t) => {
      const { page } = await open(t, '/');
      await page.route(/\/cast\?/, async (route) => {
        const response = await route.fetch();
        const lines = (await response.text()).split('\n').slice(0, 40);
        await route.fulfill({ response, body: `${lines.join('\n')}\nnonsense\n` });
      });
      await page.locator(`[data-session="${DAY}"]`).click();
      await page.getByRole('alert').getByText('The replay is incomplete').waitFor();
      await page.keyboard.press('End');
      await shows(page, 'git status');
      await page.getByRole('button', { name: 'Replay', exact: true }).waitFor();
      t.pass();
    },
  );

  await t.test('what cannot be drawn is said, not left blank', async (t) => {
    const { page } = await open(t, '/');
    await page.route(new RegExp(`/api/sessions/${DAY}$`), async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, json: { ...(await response.json()), identity: null } });
    });
    await page.locator(`[data-session="${DAY}"]`).click();
    await page.getByRole('alert').getByText('This did not work').waitFor();
    t.pass();
  });

  await t.test(
    'what really happened on a terminal is what is shown: full screen, colours, resizes',
    async (t) => {
      const script = `printf '\\033[?1049h\\033[2J\\033[5;10H\\033[38;5;208mfull screen ─┐\\033[0m'; sleep 0.2; printf '\\033[?1049l'; seq 1 40; printf '\\033[31mred\\033[0m 世界 ✓\\n'`;
      const real = recordReal(script);
      const id = idOf(2);
      const at = NOW - 1800 * SECOND;
      const drafts = real.map(({ time, data }) => output(at + time, data));
      const last = at + real.at(-1)!.time;
      await log.append(id, [
        start({ id, startedAt: at }),
        ...drafts,
        resize(last + SECOND, 100, 10),
        end(last + 2 * SECOND),
      ]);
      const full = real.findIndex(({ data }) => data.includes('full screen'));
      const { page } = await open(t, `/sessions/${id}?t=${((real[full]!.time + 100_000) / 1e6).toFixed(3)}s`);
      await shows(page, 'full screen ─┐');
      t.equal((await terminalText(page)).split('\n')[4], `${' '.repeat(9)}full screen ─┐`);
      await page.keyboard.press('End');
      t.equal(await countOf(page, '.ap-line', 10), 10);
      await shows(page, 'red 世', 'full screen');
      t.match(await terminalText(page), /39\n40\nred 世 ?界 +✓$/);
      t.notMatch(await terminalText(page), 'full screen');
    },
  );

  await t.test('a session without a terminal reads well', async (t) => {
    const id = idOf(3);
    await log.append(id, [
      start({ id, startedAt: NOW, terminal: null, command: ['bash', '-c', 'ls'] }),
      output(NOW + 1000, 'one\ntwo\nthree\n'),
      end(NOW + 2000),
    ]);
    const { page } = await open(t, `/sessions/${id}?t=1s`);
    await shows(page, 'three');
    t.equal(await terminalText(page), 'one\ntwo\nthree');
    await page.getByText('No commands').waitFor();
  });

  await t.test('a session that printed nothing says so', async (t) => {
    const id = idOf(5);
    await log.append(id, [start({ id, startedAt: NOW }), end(NOW + 2000)]);
    const { page } = await open(t, `/sessions/${id}`);
    await page.getByText('No output was recorded').waitFor();
    t.match(await page.textContent('.facts'), '2 ms');
  });

  await t.test('at 390 pixels nothing is wider than the page, list and session', async (t) => {
    const viewport = { width: 390, height: 844 };
    for (const path of ['/', `/sessions/${DAY}?t=21s`]) {
      const { page } = await open(t, path, { viewport, hasTouch: true, isMobile: true });
      await page.locator('.badge').first().waitFor();
      if (path !== '/') await shows(page, 'eval');
      const { scroll, inner } = await page.evaluate(() => ({
        scroll: document.documentElement.scrollWidth,
        inner: innerWidth,
      }));
      t.equal(scroll, inner, path);
      t.equal(inner, 390);
    }
  });

  await t.test('ten thousand commands', async (t) => {
    const id = idOf(4);
    const many = Array.from({ length: 10_000 }, (_, index) =>
      decided(NOW + index * 1000, `echo ${index}`, index % 100 ? {} : { decision: REFUSAL }),
    );
    await log.append(id, [start({ id, startedAt: NOW }), ...many, end(NOW + 10_000_000)]);
    const { page } = await open(t, `/sessions/${id}?t=8s`);
    await page.locator('.row[aria-current=true]', { hasText: 'echo 8000' }).waitFor();
    t.ok((await page.locator('.commands .row').count()) < 1000, 'of which a stretch is drawn');
    await page.getByRole('button', { name: /^Refused 100/ }).click();
    t.equal(await countOf(page, '.commands .row', 100), 100);
    const ticks = ((await page.getAttribute('.timeline .allowed', 'd')) ?? '').split('M').length - 1;
    t.ok(ticks > 1000 && ticks <= 2001, `${ticks} marks on the bar, no more than it has room for`);
  });
});

function colour(page: Page, selector: string, property: string): Promise<string> {
  return page
    .locator(selector)
    .first()
    .evaluate((element, name) => getComputedStyle(element).getPropertyValue(name), property);
}
