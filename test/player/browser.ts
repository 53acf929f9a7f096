/** Chromium on the real server over a real log. */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { build } from 'vite';
import { Desk } from '../../recorder/approvals/desk.ts';
import { AuditLog } from '../../recorder/log/audit-log.ts';
import { type RecorderServer, type ServerOptions, startServer } from '../../recorder/server/server.ts';
import { systemClock } from '../../sidecar/clock.ts';
import { launchChromium } from '../chromium.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const SOURCES = join(ROOT, 'player');
const BUILT = join(ROOT, 'dist', 'player');

export interface Stage {
  log: AuditLog;
  desk: Desk;
  server: RecorderServer;
  browser: Browser;
  /** A new, logged-in browser window, closed with the test. */
  open(t: Test, path: string, options?: BrowserContextOptions): Promise<Window>;
}

export interface Window {
  page: Page;
  context: BrowserContext;
  /** What the browser complained about: errors, refusals by the Content Security Policy. */
  complaints: string[];
}

interface Test {
  teardown(action: () => Promise<unknown>): void;
}

/** Starts the recorder on an empty log, and a browser. */
export async function stage(t: Test, more: Partial<ServerOptions> = {}): Promise<Stage> {
  const scratch = await mkdtemp(join(tmpdir(), 'chaperone-player-'));
  const data = join(scratch, 'data');
  const assets = await builtPlayer(scratch);
  const log = await AuditLog.open({ data });
  const asked = { journal: log, archive: log, clock: systemClock, key: Buffer.alloc(32) };
  const desk = await Desk.open(asked);
  const server = await startServer({ log, data, port: 0, assets, clock: systemClock, desk, ...more });
  const browser = await launchChromium();
  t.teardown(async () => {
    await browser.close();
    desk.close();
    await server.close();
    await log.close();
    await rm(scratch, { recursive: true, force: true });
  });
  return {
    log,
    desk,
    server,
    browser,
    open: async (test, path, options) => {
      const window = await openWindow(browser, server, path, options);
      test.teardown(() => window.context.close());
      return window;
    },
  };
}

async function openWindow(
  browser: Browser,
  server: RecorderServer,
  path: string,
  options: BrowserContextOptions = {},
): Promise<Window> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  await page.goto(server.loginUrl(path));
  await page.waitForSelector('main, .notice');
  return { page, context, complaints };
}

/** The page is tested as it ships: bundled. What stands in dist is taken if it is newer than its sources. */
async function builtPlayer(scratch: string): Promise<string> {
  const built = await stat(join(BUILT, 'index.html')).catch(() => null);
  if (built !== null && built.mtimeMs > (await newest(SOURCES))) return BUILT;
  const directory = join(scratch, 'page');
  await build({ root: SOURCES, logLevel: 'error', build: { outDir: directory, emptyOutDir: true } });
  return directory;
}

async function newest(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const times = entries.map(async (entry) => (await stat(join(entry.parentPath, entry.name))).mtimeMs);
  return Math.max(...(await Promise.all(times)));
}

/** Waits until the terminal shows `text`, and nothing of `absent`. */
export async function shows(page: Page, text: string, absent?: string): Promise<void> {
  const options = absent === undefined ? { hasText: text } : { hasText: text, hasNotText: absent };
  await page.locator('.ap-term-text:not(.out-of-sight *)', options).waitFor();
}

/** The text that the terminal shows, line by line, without trailing blanks. */
export function terminalText(page: Page): Promise<string> {
  return page.evaluate(() =>
    [...document.querySelectorAll('.ap-player:not(.out-of-sight *) .ap-line')]
      .map((line) => {
        // A row is spans placed by column; what lies between them is blank.
        let text = '';
        for (const span of line.querySelectorAll('span')) {
          const column = Number((span as HTMLElement).style.getPropertyValue('--offset'));
          text = text.padEnd(column) + (span.textContent ?? '');
        }
        return text.trimEnd();
      })
      .join('\n')
      .trimEnd(),
  );
}

/** Asks until the answer is as wanted, or the test's own time is over; gives the last answer. */
export async function until<T>(ask: () => T | Promise<T>, wanted: (answer: T) => boolean): Promise<T> {
  for (let attempt = 0; attempt < 1200; attempt++) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return ask();
}

/** How many there are of `selector`, once there are `expected`, or will not be. */
export function countOf(page: Page, selector: string, expected: number): Promise<number> {
  const all = page.locator(selector);
  return until(
    () => all.count(),
    (count) => count === expected,
  );
}

/** What both terminals show, once it is the same, or will not be. */
export function textsOf(one: Page, other: Page): Promise<[string, string]> {
  return until(
    () => Promise.all([terminalText(one), terminalText(other)]),
    ([first, second]) => first === second,
  );
}
