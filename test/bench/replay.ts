/**
 * A session of 50 MB in real Chromium on the real server: how long until its page is ready, and how long a
 * jump takes. Times run from the key to the frame in which the terminal shows the line that was sought.
 */
import type { Page } from 'playwright-core';
import type { Draft } from '../../recorder/audit/event.ts';
import { stage } from '../player/browser.ts';
import { decided, end, idOf, output, SECOND, start } from '../player/sessions.ts';
import type { Row } from './row.ts';

const TOTAL = 50 * 1024 * 1024;
const READY_MS = 2000;
const JUMP_MS = 1500;
const LENGTH = 1000;
/** How long someone looks before going elsewhere: the page uses it. */
const LOOK_MS = 4000;

/** One line of output; `share` of the whole is behind it, in per mille. */
type Corpus = (line: number, share: number) => string;

const CORPORA: Record<string, Corpus> = {
  'seq lines': (line, share) => `${line} ${marker(share)}\r\n`,
  'log lines with colours': (line, share) =>
    `\x1b[32m2026-05-01T10:00:${String(line % 60).padStart(2, '0')}Z\x1b[0m \x1b[1mINFO\x1b[0m worker[${line % 31}]: GET /v1/items/${line} took ${line % 977} ms ${marker(share)}\r\n`,
  'a full-screen program': (line, share) =>
    `\x1b[${1 + (line % 24)};1H\x1b[3${line % 8}m│ ${String(line).padStart(9)} ─── ${marker(share)} │\x1b[K`,
};

interface Recorded {
  id: string;
  name: string;
}

export async function run(): Promise<Row[]> {
  const teardowns: (() => Promise<unknown>)[] = [];
  try {
    const { log, open } = await stage({ teardown: (action) => teardowns.push(action) });
    const sessions: Recorded[] = [];
    for (const [name, corpus] of Object.entries(CORPORA)) {
      const id = idOf(sessions.length + 1);
      for (const batch of record(id, corpus)) await log.append(id, batch);
      sessions.push({ id, name });
    }
    const rows: Row[] = [];
    for (const { id, name } of sessions) {
      const { page, context } = await open({ teardown: () => {} }, '/');
      rows.push(...(await measure(page, id, name)));
      await context.close();
    }
    return rows;
  } finally {
    for (const teardown of teardowns.reverse()) await teardown();
  }
}

/** 50 MB over 1000 seconds in reads of 4 KB, as a PTY gives them, a command each second. */
function* record(id: string, corpus: Corpus): Generator<Draft[]> {
  const startedAt = Date.now() * 1000 - 2 * LENGTH * SECOND;
  let batch: Draft[] = [start({ id, startedAt })];
  let [line, sent, text, seconds] = [0, 0, '', 0];
  while (sent < TOTAL) {
    text += corpus(line++, Math.floor((1000 * sent) / TOTAL));
    if (text.length < 4096) continue;
    const bytes = Buffer.from(text);
    const at = startedAt + Math.floor((LENGTH * SECOND * sent) / TOTAL);
    if (Math.floor((at - startedAt) / SECOND) > seconds) batch.push(decided(at, `step ${++seconds}`));
    batch.push(output(at, bytes));
    [sent, text] = [sent + bytes.length, ''];
    if (batch.length < 256) continue;
    yield batch;
    batch = [];
  }
  const last = startedAt + LENGTH * SECOND;
  yield [...batch, output(last, `\r\n${marker(1000)}\r\n`), end(last)];
}

/** The page and its commands, a jump while the rest still loads, jumps one upon another, and jumps of someone who looks. */
async function measure(page: Page, id: string, name: string): Promise<Row[]> {
  const what = `50 MB of ${name}`;
  // A browser that is still starting up is not what is measured.
  await page.waitForLoadState('networkidle');
  const ready = await timed(async () => {
    await page.goto(new URL(`/sessions/${id}`, page.url()).href);
    await shown(page, () => document.querySelectorAll('.commands .row').length > 0);
    await shown(page, () => document.querySelector('.ap-line span') !== null);
  });
  const toEnd = await jump(page, 'End', 1000);
  const jumps: Row[] = [];
  for (const [rest, manner] of [
    [0, 'at once'],
    [LOOK_MS, 'after a look'],
  ] as const) {
    for (const [key, share] of [
      ['9', 900],
      ['5', 500],
      ['End', 1000],
      ['2', 200],
    ] as const) {
      await page.waitForTimeout(rest);
      const value = await jump(page, key, share);
      const target = { target: `< ${JUMP_MS} ms`, ok: value < JUMP_MS };
      jumps.push({ name: `jump to ${share / 10} % ${manner}, ${what}`, value, unit: 'ms', ...target });
    }
  }
  return [
    {
      name: `page ready, ${what}`,
      value: ready,
      unit: 'ms',
      target: `< ${READY_MS} ms`,
      ok: ready < READY_MS,
    },
    { name: `at once to the end, still loading, ${what}`, value: toEnd, unit: 'ms' },
    ...jumps,
  ];
}

async function jump(page: Page, key: string, share: number): Promise<number> {
  return timed(async () => {
    await page.keyboard.press(key);
    await shown(page, reached, share);
  });
}

/** True when the terminal shows output from there; a jump may land one step of the marker beside it. */
function reached(share: number): boolean {
  const text = document.querySelector('.layer:not(.out-of-sight) .ap-term-text')?.textContent ?? '';
  if (document.querySelector('.timeline.seeking') !== null) return false;
  return [share - 1, share].some((each) => text.includes(`<${each}>`));
}

function marker(share: number): string {
  return `<${share}>`;
}

async function shown<T>(page: Page, test: (argument: T) => boolean, argument?: T): Promise<void> {
  await page.waitForFunction(test as (argument: unknown) => boolean, argument, {
    polling: 'raf',
    timeout: 60_000,
  });
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
