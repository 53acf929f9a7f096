/** Chromium on the real server over a real log. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';
import { AuditLog } from '../../recorder/log/audit-log.ts';
import { type RecorderServer, startServer } from '../../recorder/server/server.ts';
import { systemClock } from '../../sidecar/clock.ts';

export const CHROMIUM = '/usr/bin/chromium';

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const ROOT = join(import.meta.dirname, '..', '..');
export const PLAYER = join(ROOT, 'dist', 'player');

export interface Stage {
  log: AuditLog;
  server: RecorderServer;
  browser: Browser;
  /** A new, logged-in browser window. */
  open(path: string, options?: BrowserContextOptions): Promise<Window>;
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
export async function stage(t: Test): Promise<Stage> {
  buildPlayer();
  const data = await mkdtemp(join(tmpdir(), 'chaperone-player-'));
  const log = await AuditLog.open({ data });
  const server = await startServer({ log, data, port: 0, assets: PLAYER, clock: systemClock });
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  t.teardown(async () => {
    await browser.close();
    await server.close();
    await log.close();
    await rm(data, { recursive: true, force: true });
  });
  return { log, server, browser, open: (path, options) => openWindow(browser, server, path, options) };
}

async function openWindow(
  browser: Browser,
  server: RecorderServer,
  path: string,
  options: BrowserContextOptions = {},
): Promise<Window> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  await page.goto(server.loginUrl(path));
  await page.waitForSelector('main, .notice');
  return { page, context, complaints };
}

/** The page is tested as it ships: bundled. Built here unless it is newer than its sources. */
function buildPlayer(): void {
  if (existsSync(join(PLAYER, 'index.html')) && process.env.CHAPERONE_PLAYER_BUILT === '1') return;
  const vite = join(ROOT, 'node_modules', 'vite', 'bin', 'vite.js');
  const { status, stderr } = spawnSync(process.execPath, [vite, 'build', 'player', '--logLevel', 'error'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`the player does not build:\n${stderr}`);
}

/** The text that the terminal shows, line by line, without trailing blanks. */
export function terminalText(page: Page): Promise<string> {
  return page.evaluate(() =>
    [...document.querySelectorAll('.ap-line')]
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
