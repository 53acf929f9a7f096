/** People who sign in to the page at a real provider, and what they do there. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { CLIENT, type RealProvider, SECRET } from '../recorder/server/oidc/provider.ts';

const PATIENCE_MS = 60_000;

/** `DATA/oidc.yaml`: who is in `sre` approves, everybody looks on. */
export async function writeSettings(data: string, { issuer }: RealProvider): Promise<void> {
  const settings = {
    ...{ name: 'Example ID', issuer: issuer.origin, clientId: CLIENT, clientSecret: SECRET },
    scopes: ['openid', 'email', 'groups'],
    roles: { approver: [{ groups: ['sre'] }], viewer: [{ everyone: true }] },
    localAdmin: true,
  };
  await writeFile(join(data, 'oidc.yaml'), JSON.stringify(settings), { mode: 0o600 });
}

/** @param people names, and the groups that each is in */
export function introduce({ accounts }: RealProvider, people: Record<string, readonly string[]>): void {
  for (const [name, groups] of Object.entries(people))
    accounts.set(name, { email: addressOf(name), email_verified: true, groups });
}

export function addressOf(name: string): string {
  return `${name}@example.com`;
}

/** The approvals page in a browser of their own. */
export async function signedIn(browser: Browser, url: string, name: string): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(`${url}/approvals`);
  await page.getByRole('link', { name: 'Sign in with Example ID' }).click();
  await page.getByLabel('Name').fill(name);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: `Signed in as ${addressOf(name)}` }).waitFor();
  return page;
}

/** The card of what waits. */
export function asked(page: Page, what: string): Locator {
  return page.locator('.ask', { hasText: what });
}

/** Both steps of a decision. */
export async function press(card: Locator, what: 'Approve' | 'Deny' | 'Cancel'): Promise<void> {
  await card.getByRole('button', { name: what, exact: true }).click();
  await card.getByRole('button', { name: `${what}: press again` }).click();
}
