/** A running session, watched in real Chromium while it is written: by our page, and by asciinema-player's own live reader. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { WebSocketServer } from 'ws';
import { LIVE_PROTOCOL, serveLive } from '../../recorder/server/live.ts';
import { needsChromium } from '../chromium.ts';
import { type Stage, shows, stage, terminalText, textsOf } from './browser.ts';
import { decided, end, idOf, output, REFUSAL, resize, SECOND, start } from './sessions.ts';

t.setTimeout(600_000);

t.test('a running session', { skip: !needsChromium(t) }, async (t) => {
  const world = await stage(t);
  const { log, open } = world;

  await t.test('is followed from its first byte, without a gap, to its end, and then replayed', async (t) => {
    const id = idOf(1);
    const typist = new Typist(world, id);
    await typist.start();
    await typist.print(40);
    const { page, complaints } = await open(t, `/sessions/${id}`);
    await page.locator('button.badge.live').waitFor();
    for (let round = 0; round < 30; round++) await typist.print(7);
    await typist.decide('rm -rf /srv');
    await page.locator('.commands .row.refused', { hasText: 'rm -rf /srv' }).waitFor();
    await typist.print(9);
    await shows(page, typist.last);
    const late = await open(t, `/sessions/${id}`);
    await shows(late.page, typist.last);
    t.equal(...(await textsOf(late.page, page)), 'who comes late sees the same');
    await typist.print(5);
    await typist.end();
    await page.locator('.badge', { hasText: 'ended' }).waitFor();
    await shows(page, typist.last);
    await page.getByRole('button', { name: 'Replay', exact: true }).waitFor();
    const replay = await open(t, `/sessions/${id}?t=9999s`);
    await shows(replay.page, typist.last);
    t.equal(...(await textsOf(page, replay.page)), 'what was watched is what was recorded');
    await page.getByRole('button', { name: 'Replay', exact: true }).click();
    await page.getByRole('button', { name: 'Pause', exact: true }).waitFor();
    await shows(page, 'line 1 ');
    t.same(complaints, []);
  });

  await t.test('looking back does not lose what comes; going live catches up', async (t) => {
    const id = idOf(2);
    const typist = new Typist(world, id);
    await typist.start();
    await typist.print(60);
    const { page } = await open(t, `/sessions/${id}`);
    await shows(page, typist.last);
    await page.keyboard.press('Space');
    await page.keyboard.press('0');
    await shows(page, '$');
    await typist.print(60);
    await page.waitForTimeout(200);
    t.notMatch(await terminalText(page), 'line 1', 'nothing moves under who looks back');
    await page.locator('button.badge.behind').waitFor();
    await page.keyboard.press('l');
    await shows(page, typist.last);
    await typist.print(1);
    await shows(page, typist.last);
  });

  await t.test(
    'a lost connection is taken up again, from the first byte, with nothing doubled',
    async (t) => {
      const id = idOf(3);
      const typist = new Typist(world, id);
      await typist.start();
      await typist.print(10);
      const { page, cut, mend } = await openCuttable(t, world, id);
      await shows(page, typist.last);
      cut();
      await page.locator('.badge', { hasText: 'reconnecting' }).waitFor();
      await typist.print(10);
      mend();
      await shows(page, typist.last);
      const { page: other } = await open(t, `/sessions/${id}`);
      await shows(other, typist.last);
      t.equal(...(await textsOf(page, other)));
    },
  );

  await t.test('a link to a moment of a running session shows that moment', async (t) => {
    const id = idOf(5);
    const typist = new Typist(world, id);
    await typist.start();
    await typist.print(60);
    const { page } = await open(t, `/sessions/${id}?t=7.5s`);
    await shows(page, 'line 10 ');
    await page.locator('button.badge.behind').waitFor();
    await page.locator('.timeline:not(.seeking)').waitFor();
    t.notMatch(await terminalText(page), 'line 11 ');
    t.equal(await page.getAttribute('.timeline', 'aria-valuenow'), '7');
    const past = await open(t, `/sessions/${id}?t=9999s`);
    await shows(past.page, typist.last);
    await past.page.locator('button.badge.live').waitFor();
  });

  await t.test('whoever looks back stays there when a lost connection is taken up again', async (t) => {
    const id = idOf(6);
    const typist = new Typist(world, id);
    await typist.start();
    await typist.print(40);
    const { page, cut, mend } = await openCuttable(t, world, id);
    await shows(page, typist.last);
    await page.keyboard.press('Space');
    await page.keyboard.press('0');
    for (let press = 0; press < 3; press++) await page.keyboard.press('ArrowRight');
    await shows(page, 'line 21 ', 'line 22 ');
    cut();
    await page.locator('.badge', { hasText: 'reconnecting' }).waitFor();
    mend();
    await page.locator('button.badge.behind').waitFor();
    await page.locator('.timeline:not(.seeking)').waitFor();
    await shows(page, 'line 21 ', 'line 22 ');
    t.equal(await page.getAttribute('.timeline', 'aria-valuenow'), '15');
  });

  await t.test('while the recorder is away the page says so, and then fetches what it missed', async (t) => {
    const id = idOf(7);
    const typist = new Typist(world, id);
    await typist.start();
    await typist.decide('ls /one');
    const { page, context } = await open(t, `/sessions/${id}`);
    await page.locator('.commands .row', { hasText: 'ls /one' }).waitFor();
    const away = (url: URL) => url.pathname.startsWith(`/api/sessions/${id}`);
    await context.route(away, (route) => route.abort());
    // By now whatever was under way before has been answered.
    await page.locator('.session-head').getByText('No longer up to date').waitFor();
    await typist.decide('ls /two');
    await page.locator('.panel').getByText('No longer up to date').waitFor();
    t.equal(await page.locator('.commands .row').count(), 1, 'what is known stays');
    await context.unroute(away);
    await page.locator('.commands .row', { hasText: 'ls /two' }).waitFor();
    await page.getByText('2 refused').waitFor();
    await page.getByText('No longer up to date').first().waitFor({ state: 'detached' });
  });

  await t.test('asciinema-player, unmodified, reads the stream too', async (t) => {
    const id = idOf(4);
    const typist = new Typist(world, id);
    await typist.start();
    await typist.print(50);
    const url = await serveStockPlayer(t, world, id);
    const page = await (await world.browser.newContext()).newPage();
    t.teardown(() => page.context().close());
    await page.goto(url);
    await shows(page, typist.last);
    await typist.print(20);
    await log.append(id, [resize(typist.at, 70, 20)]);
    await typist.print(3);
    // At the end of a stream that player drops what it still buffers.
    await shows(page, typist.last);
    await typist.end();
    await page.getByText('Stream ended').waitFor();
    const { page: ours } = await open(t, `/sessions/${id}?t=9999s`);
    await shows(ours, typist.last);
    t.equal(...(await textsOf(page, ours)));
    t.equal(await page.locator('.ap-line').count(), 20);
  });
});

/** Writes numbered lines, in halves of characters, with times that leap ahead. */
class Typist {
  at = Date.now() * 1000 - 3600 * SECOND;
  last = '';
  #line = 0;
  readonly #log: Stage['log'];
  readonly #id: string;

  constructor({ log }: Stage, id: string) {
    this.#log = log;
    this.#id = id;
  }

  async start(): Promise<void> {
    await this.#log.append(this.#id, [
      start({ id: this.#id, startedAt: this.at }),
      output(this.at, '$ \r\n'),
    ]);
  }

  async print(lines: number): Promise<void> {
    for (let count = 0; count < lines; count++) {
      this.#line++;
      this.at += 0.7 * SECOND;
      this.last = `line ${this.#line} ─ ${'é'.repeat(this.#line % 20)}`;
      const bytes = Buffer.from(`\x1b[3${this.#line % 8}m${this.last}\x1b[0m\r\n`);
      const cut = (this.#line * 7) % bytes.length;
      await this.#log.append(this.#id, [
        output(this.at, bytes.subarray(0, cut)),
        output(this.at + 10, bytes.subarray(cut)),
      ]);
    }
  }

  async decide(line: string): Promise<void> {
    this.at += SECOND;
    await this.#log.append(this.#id, [decided(this.at, line, { decision: REFUSAL })]);
  }

  async end(): Promise<void> {
    this.at += SECOND;
    await this.#log.append(this.#id, [end(this.at)]);
  }
}

/** A session opened from the list; `cut` breaks its stream off, and no other is had before `mend`. */
async function openCuttable(t: Parameters<Stage['open']>[0], { open }: Stage, id: string) {
  const { page, context } = await open(t, '/');
  let away = false;
  let cut = () => {};
  await context.routeWebSocket(/live$/, (route) => {
    if (away) return void route.close({ code: 1013 });
    const server = route.connectToServer();
    cut = () => {
      away = true;
      void server.close();
      void route.close({ code: 1001 });
    };
  });
  await page.locator(`[data-session="${id}"]`).click();
  const mend = () => {
    away = false;
  };
  return { page, cut: () => cut(), mend };
}

/** A page with nothing but asciinema-player's own bundle and its live source, on a server of its own. */
async function serveStockPlayer(
  t: { teardown(action: () => unknown): void },
  { log }: Stage,
  id: string,
): Promise<string> {
  const bundle = join(import.meta.dirname, '..', '..', 'node_modules', 'asciinema-player', 'dist', 'bundle');
  const script = await readFile(join(bundle, 'asciinema-player.min.js'));
  const style = await readFile(join(bundle, 'asciinema-player.css'));
  const page = `<!doctype html><link rel="stylesheet" href="/p.css"><div id="p"></div><script src="/p.js"></script>
    <script>AsciinemaPlayer.create({driver: 'websocket', url: 'ws://' + location.host + '/live'}, document.getElementById('p'), {autoPlay: true})</script>`;
  const http = createServer(({ url }, response) => {
    response.setHeader(
      'Content-Type',
      url === '/p.js' ? 'text/javascript' : url === '/p.css' ? 'text/css' : 'text/html',
    );
    response.end(url === '/p.js' ? script : url === '/p.css' ? style : page);
  });
  const sockets = new WebSocketServer({ server: http, handleProtocols: () => LIVE_PROTOCOL });
  sockets.on('connection', (socket) => serveLive(log, id, socket));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    for (const socket of sockets.clients) socket.terminate();
    http.closeAllConnections();
    http.close();
  });
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}/`;
}
