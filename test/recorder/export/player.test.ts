/** asciinema-player in Chromium as the independent reader of both versions. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import t from 'tap';
import { exportSession } from '../../../recorder/export/format.ts';
import { launchChromium, needsChromium } from '../../chromium.ts';
import { collect } from '../collect.ts';
import { decided, eventsOf, pipedSummary, type Step, summaryOf } from './session.ts';

const BUNDLE = new URL('../../../node_modules/asciinema-player/dist/bundle/', import.meta.url);

/** What is seen of a cast whose player was moved to its end. */
interface Seen {
  duration: number;
  lines: string[];
  markers: string[];
  /** Of the screen. */
  rows: number;
}

// What the page uses of the player.
interface Player {
  addEventListener(name: string, listener: () => void): void;
  getDuration(): number | null;
  seek(to: string): Promise<unknown>;
}
declare const AsciinemaPlayer: { create(url: string, element: Element, options: object): Player };

const bytes = Buffer.from('漢─\u{1f600}');
const STEPS: Step[] = [
  [0, decided('vim notes', 'allowed')],
  [100_000, '\x1b[2J\x1b[Hplain \x1b[1;31mred\x1b[0m\r\n'],
  [500_000, { type: 'session.resize', cols: 60, rows: 8 }],
  [600_000, bytes.subarray(0, 2)],
  [700_000, bytes.subarray(2, 7)],
  [1_250_000, bytes.subarray(7)],
  [2_000_001, decided('rm -rf /', 'refused')],
  [2_500_000, '\r\n"quoted" \\ \u2028|\x1b[5;3Hrow five'],
  [3_000_000, Uint8Array.of(0xff, 0x21, 0xe2)],
  [4_123_456, { type: 'session.end', reason: 'exited', status: 0 }],
];

t.test('asciinema-player shows the same of v2 and of v3', async (t) => {
  if (!needsChromium(t)) return;
  const events = eventsOf(STEPS);
  const piped = eventsOf([[1_000_000, 'one\ntwo\nthree\n']]);
  const casts = new Map<string, string>();
  for (const version of ['v2', 'v3'] as const) {
    casts.set(`/${version}.cast`, (await collect(exportSession(version, summaryOf(), events))).join(''));
    casts.set(
      `/${version}-piped.cast`,
      (await collect(exportSession(version, pipedSummary(), piped))).join(''),
    );
  }
  const origin = await serve(casts, (close) => t.teardown(close));
  const browser = await launchChromium();
  t.teardown(() => browser.close());

  for (const version of ['v2', 'v3']) {
    t.strictSame(
      await look(browser, origin, `/${version}.cast`),
      {
        duration: 4.123456,
        lines: ['plain red', '漢─\u{1f600}', '"quoted" \\ \u2028|', '', '  row five\ufffd!\ufffd'],
        markers: [
          '00:00 - allowed: vim notes (default/allow)',
          '00:02 - refused: rm -rf / (baseline/no-root-removal)',
        ],
        rows: 8,
      },
      version,
    );
    t.strictSame(
      await look(browser, origin, `/${version}-piped.cast`),
      {
        duration: 1,
        lines: ['one', 'two', 'three'],
        markers: [],
        rows: 24,
      },
      `${version} without a terminal`,
    );
  }
});

async function serve(casts: Map<string, string>, onClose: (close: () => void) => void): Promise<string> {
  const files = new Map<string, [string, string | Buffer]>();
  for (const [path, cast] of casts) files.set(path, ['application/x-asciicast', cast]);
  for (const [name, type] of [
    ['asciinema-player.min.js', 'text/javascript'],
    ['asciinema-player.css', 'text/css'],
  ] as const) {
    files.set(`/${name}`, [type, await readFile(new URL(name, BUNDLE))]);
  }
  const page =
    '<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="/asciinema-player.css">' +
    '<script src="/asciinema-player.min.js"></script><div id="player" style="width: 1000px"></div>';
  files.set('/', ['text/html', page]);
  const server = createServer((request, response) => {
    const [type, body] = files.get(request.url ?? '') ?? ['text/plain', ''];
    response.writeHead(files.has(request.url ?? '') ? 200 : 404, { 'content-type': type }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onClose(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function look(browser: Browser, origin: string, path: string): Promise<Seen> {
  const page = await browser.newPage();
  try {
    await page.goto(`${origin}/`);
    return await page.evaluate(show, path);
  } finally {
    await page.close();
  }
}

/** Runs in the page. */
async function show(path: string): Promise<Seen> {
  const host = document.querySelector('#player')!;
  const player = AsciinemaPlayer.create(path, host, { preload: true });
  await new Promise<void>((resolve) => player.addEventListener('ready', () => resolve()));
  await player.seek('100%');
  for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame);
  const text = (selector: string) =>
    Array.from(host.querySelectorAll(selector), (element) => element.textContent ?? '');
  const lines = text('.ap-line').map((line) => line.trimEnd());
  return {
    duration: player.getDuration() ?? Number.NaN,
    lines: lines.slice(0, lines.findLastIndex((line) => line !== '') + 1),
    markers: text('.ap-marker-container .ap-tooltip'),
    rows: lines.length,
  };
}
