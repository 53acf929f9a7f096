/** The approvals page on a desk: who asks, and what a person would press. */
import type { Locator, Page } from 'playwright-core';
import type { Desk } from '../../../recorder/approvals/desk.ts';
import type { AskedFor } from '../../../recorder/audit/approval.ts';
import type { ApprovalMark } from '../../../recorder/audit/decision.ts';
import { asking, SECOND } from '../../recorder/approvals/sample.ts';

const HOUR = 3600 * SECOND;
export const MARKUP = `<img src=x onerror="window.owned=1"><script>window.owned=1</script>`;
let digests = 0;

type Given = Parameters<typeof asking>;

/** Asks for something new, and waits until it waits. */
export async function ask(
  desk: Desk,
  line: string,
  change: Given[0] = {},
  terms: Given[1] = {},
): Promise<{ id: string; mark: Promise<ApprovalMark> }> {
  digests += 1;
  const digest = digests.toString(16).padStart(64, '0');
  const asked: AskedFor = {
    kind: 'command',
    line,
    cwd: '/srv/shop',
    commands: [{ program: 'make', argv: line.split(' '), via: ['sudo'] }],
    unknown: [],
  };
  let mark: Promise<ApprovalMark> = Promise.reject(new Error('never asked'));
  mark.catch(() => {});
  const id = await new Promise<string>((resolve, reject) => {
    mark = desk.ask(asking({ asked, digest, ...change }, { timeout: HOUR, ...terms }), { waiting: resolve });
    mark.catch(reject);
  });
  return { id, mark };
}

export const card = (page: Page, id: string) => page.locator(`.ask[data-ask="${id}"]`);
export const past = (page: Page, id: string) => page.locator(`.past[data-ask="${id}"]`);
export const button = (where: Locator, name: RegExp) => where.getByRole('button', { name });
export const votesOf = (desk: Desk, id: string) => desk.find(id).votes.length;
