/** Signing in and out in real Chromium, at a real provider, on the real page. */
import t from 'tap';
import { needsChromium } from '../chromium.ts';
import { realProvider } from '../recorder/server/oidc/provider.ts';
import { settingsFor } from '../recorder/server/oidc/world.ts';
import { stage } from './browser.ts';
import { idOf, playDay, SECOND } from './sessions.ts';

t.setTimeout(600_000);

t.test('people sign in', { skip: !needsChromium(t) }, async (t) => {
  const provider = await realProvider(t);
  const { server, browser, log } = await stage(t, { oidc: settingsFor(provider) });
  await provider.serve(server.url);
  const groups = ['sre'];
  provider.accounts.set('first', { email: 'first@example.com', email_verified: true, groups });
  provider.accounts.set('eve', { email: 'eve@example.com', email_verified: true, groups: [] });
  provider.user = null;
  await playDay(log, { id: idOf(1), startedAt: Date.now() * 1000 - 600 * SECOND });

  for (const [what, options] of Object.entries({
    'wide, light': { viewport: { width: 1280, height: 800 }, colorScheme: 'light' as const },
    'narrow, dark': { viewport: { width: 390, height: 844 }, colorScheme: 'dark' as const },
  })) {
    const context = await browser.newContext(options);
    t.teardown(() => context.close());
    const page = await context.newPage();
    page.setDefaultTimeout(60_000);
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.location().url.startsWith(server.url)) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));

    t.equal((await page.goto(`${server.url}/sessions/${idOf(1)}`))?.status(), 401);
    await page.getByRole('link', { name: 'Sign in with Example ID' }).click();
    await page.getByLabel('Name').fill('first');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(`${server.url}/sessions/${idOf(1)}`);
    const who = page.getByRole('button', { name: 'Signed in as first@example.com' });
    await who.click();
    await page.getByText('approver').waitFor();
    const panel = await page.locator('.account').boundingBox();
    t.ok(panel !== null && panel.x >= 0 && panel.x + panel.width <= options.viewport.width, what);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    t.ok(overflow <= 0, `${what}: nothing sticks out`);
    const [cookie] = (await context.cookies(server.url)).filter(({ name }) => /^chaperone-\d/.test(name));
    t.match(cookie, { httpOnly: true, sameSite: 'Strict', value: /^[\w-]{43}$/ });
    t.equal(await page.evaluate(() => document.cookie), '', 'no script can read it');
    t.same(
      complaints.filter((text) => !text.includes('401')),
      [],
      what,
    );

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${provider.issuer.origin}/**`);
    await page.locator('button[name=logout], [value=yes]').first().click();
    await page.waitForURL(`${server.url}/login/out*`);
    await page.getByText('You are signed out').waitFor();
    t.equal((await page.goto(server.url))?.status(), 401);
    await page.goBack();
    t.equal((await page.reload())?.ok(), true);
    await page.getByRole('link', { name: 'Sign in with Example ID' }).click();
    await page.getByLabel('Name').fill('eve');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'You may not come in' }).waitFor();
    t.match(await page.textContent('main'), /eve@example\.com.*no role/);
    await page.getByRole('link', { name: 'Sign in as somebody else' }).click();
    await page.getByLabel('Name').fill('first');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await who.waitFor();
  }
});
