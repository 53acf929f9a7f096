/** What only a real browser decides: which requests carry the cookie, and what another page gets to see. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { launchChromium, needsChromium } from '../../chromium.ts';
import { ID, startDraft, startWorld } from './world.ts';

t.test('in Chromium', async (t) => {
  if (!needsChromium(t)) return;
  const browser = await launchChromium();
  t.teardown(() => browser.close());

  t.test('a link on another site logs in', async (t) => {
    const world = await startWorld(t);
    // localhost and 127.0.0.1 are different sites.
    const other = await serve(
      t,
      `<a href="${world.server.loginUrl('/api/whoami').replaceAll('&', '&amp;')}">in</a>`,
    );
    const page = await (await browser.newContext()).newPage();
    await page.goto(other.replace('127.0.0.1', 'localhost'));
    await page.click('a');
    await page.waitForURL('**/api/whoami');
    t.match(
      await page.textContent('body'),
      '"how":"link"',
      'the page that moves on carries the strict cookie',
    );
    await page.goBack();
    t.notMatch(page.url(), 'token=', 'and leaves no token in the history');
  });

  t.test('a page of another port sees nothing, though its requests carry the cookie', async (t) => {
    const world = await startWorld(t);
    await world.log.append(ID, [startDraft()]);
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(world.server.loginUrl('/'));
    await page.waitForURL(`${world.server.url}/`);
    const before = (await world.log.bodies('system')).length;
    await page.goto(await serve(t, 'another page'));
    const seen = await page.evaluate(tryEverything, { url: world.server.url, id: ID });
    t.same(seen, {
      read: 'TypeError',
      blind: 'refused',
      image: 'error',
      script: 'error',
      socket: 'error',
      logout: 'TypeError',
    });
    t.match(page.frames().at(-1)?.url(), 'chrome-error:', 'it cannot even frame us');
    t.equal((await world.log.bodies('system')).length, before, 'and leaves no trace of a look that was none');
    const reply = await page.goto(`${world.server.url}/api/whoami`);
    t.equal(reply?.status(), 200, 'and has not logged us out');
  });

  t.test('the cookie is out of reach of scripts', async (t) => {
    const world = await startWorld(t);
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(world.server.loginUrl('/'));
    await page.waitForURL(`${world.server.url}/`);
    t.equal((await context.cookies()).length, 1);
    t.equal(await page.evaluate(() => document.cookie), '', 'a script of the page itself does not see it');
    const injected = await page.evaluate(async () => {
      const script = document.createElement('script');
      script.textContent = 'window.ran = true';
      document.body.append(script);
      document.body.insertAdjacentHTML('beforeend', '<img src=x onerror="window.ran = true">');
      await new Promise((resolve) => setTimeout(resolve, 50));
      return 'ran' in window;
    });
    t.equal(injected, false, 'and one that came in does not run');
    const sent = await page.evaluate(() =>
      fetch('http://127.0.0.1:9/x').then(
        () => 'sent',
        (error: Error) => error.name,
      ),
    );
    t.equal(sent, 'TypeError', 'nor could it tell anybody');
  });

  t.test('the page that says where the link is', async (t) => {
    const world = await startWorld(t);
    const page = await (await browser.newContext()).newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    t.equal((await page.goto(`${world.server.url}/sessions/${ID}`))?.status(), 401);
    t.match(await page.textContent('main'), /chaperone up/);
    const colour = await page.evaluate(() => getComputedStyle(document.querySelector('main')!).padding);
    t.equal(colour, '32px', 'its style passes its own policy');
    t.notOk(
      complaints.some((text) => text.includes('Content Security Policy')),
      complaints.join('\n'),
    );
  });
});

/** Runs in the page of another origin. */
async function tryEverything({ url, id }: { url: string; id: string }) {
  const element = (name: 'img' | 'script', src: string) =>
    new Promise<string>((resolve) => {
      const made = document.createElement(name);
      made.onload = () => resolve('load');
      made.onerror = () => resolve('error');
      made.src = src;
      document.body.append(made);
    });
  const failure = (error: unknown) => (error as Error).name;
  const cast = `${url}/api/sessions/${id}/cast`;
  const frame = document.createElement('iframe');
  frame.src = `${url}/`;
  document.body.append(frame);
  await new Promise((resolve) => frame.addEventListener('load', resolve));
  return {
    read: await fetch(cast, { credentials: 'include' }).then(() => 'read', failure),
    blind: await fetch(cast, { credentials: 'include', mode: 'no-cors' }).then(
      ({ type }) => type,
      () => 'refused',
    ),
    image: await element('img', cast),
    script: await element('script', cast),
    socket: await new Promise<string>((resolve) => {
      const socket = new WebSocket(`${url.replace('http', 'ws')}/api/sessions/${id}/live`, 'v1.alis');
      socket.onopen = () => resolve('open');
      socket.onerror = () => resolve('error');
    }),
    logout: await fetch(`${url}/api/logout`, { method: 'POST', credentials: 'include' }).then(
      () => 'sent',
      failure,
    ),
  };
}

async function serve(t: Test, html: string): Promise<string> {
  const server = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end(html));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}
