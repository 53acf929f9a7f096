/** A conversation with Cursor's agent in real Chromium: prompts, answers, what was done, and what was refused. */
import t from 'tap';
import type { Draft, DraftBody } from '../../recorder/audit/event.ts';
import { needsChromium } from '../chromium.ts';
import { told } from '../sidecar/cursor/told.ts';
import { countOf, stage } from './browser.ts';
import { decided, end, idOf, REFUSAL, SECOND, start } from './sessions.ts';

t.setTimeout(600_000);

const NOW = Date.now() * 1000;
const ID = idOf(1);

function hook(at: number, event: string, own: object, more: { withheld?: string[] } = {}): Draft {
  const ids = { conversation: 'conversation-1', generation: 'generation-1', model: 'model-1' };
  return { at, body: { type: 'hook.received', hook: event, ...ids, ...more, content: told(event, own) } };
}

function begin(): Draft {
  const draft = start({ id: ID, startedAt: NOW, command: [], cwd: '/srv/shop', terminal: null });
  const entrance = { kind: 'cursor', conversation: 'conversation-1', roots: ['/srv/shop'] };
  return { ...draft, body: { ...draft.body, entrance } as DraftBody };
}

t.test('a conversation', { skip: !needsChromium(t) }, async (t) => {
  const { log, open } = await stage(t);
  await log.append(ID, [
    begin(),
    hook(NOW, 'beforeSubmitPrompt', { prompt: 'Tidy up <b>the</b> shop\nand release it' }),
    hook(NOW + SECOND, 'preToolUse', { tool_name: 'Shell', tool_input: { command: 'git push' } }),
    decided(NOW + SECOND, 'git push', { decision: REFUSAL }),
    hook(
      NOW + 2 * SECOND,
      'beforeReadFile',
      { file_path: '/srv/shop/a\u202e.ts' },
      { withheld: ['content'] },
    ),
    hook(NOW + 3 * SECOND, 'afterAgentResponse', { text: 'I could not push.' }),
    hook(NOW + 4 * SECOND, 'ofALaterVersion', { status: 'new' }),
  ]);

  await t.test('who said what, and what was done', async (t) => {
    const { page, complaints } = await open(t, `/sessions/${ID}`);
    t.equal(await countOf(page, '.told > .row', 5), 5);
    const texts = await page.locator('.told > .row').allTextContents();
    t.match(texts[0], /PromptTidy up <b>the<\/b> shop/);
    t.match(texts[1], /ToolShell: git push/);
    t.notMatch(texts[2], '\u202e', 'hidden characters are marked');
    t.match(texts[3], /AnswerI could not push\.model-1/);
    t.match(texts[4], /ofALaterVersionnew/);
    t.match(await page.title(), /Cursor conversation/);
    t.equal(await page.locator('.ap-player').count(), 0, 'there is no terminal');
    t.same(complaints, []);
  });

  await t.test('a row opens to all that was told, and says what is not kept', async (t) => {
    const { page } = await open(t, `/sessions/${ID}`);
    await page.locator('.told > .row > button').nth(2).click();
    await page.locator('.exchange pre', { hasText: '"file_path"' }).waitFor();
    t.match(await page.locator('.exchange:not([hidden])').textContent(), /Not kept: content\./);
  });

  await t.test('its commands with their decisions', async (t) => {
    const { page } = await open(t, `/sessions/${ID}`);
    await page.getByRole('tab', { name: /^Commands ?1/ }).click();
    await page.locator('.commands .refused', { hasText: 'git push' }).waitFor();
    t.pass('it is there');
  });

  await t.test('what comes later is shown', async (t) => {
    const { page } = await open(t, `/sessions/${ID}`);
    await countOf(page, '.told > .row', 5);
    await log.append(ID, [hook(NOW + 5 * SECOND, 'stop', { status: 'completed' }), end(NOW + 6 * SECOND)]);
    t.equal(await countOf(page, '.told > .row', 6), 6);
  });

  await t.test('on a narrow screen nothing is wider than it', async (t) => {
    const { page } = await open(t, `/sessions/${ID}`, { viewport: { width: 390, height: 800 } });
    await page.locator('.told > .row').first().waitFor();
    t.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  });
});
