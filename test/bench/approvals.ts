/** From a decision to what goes on by it, with a thousand others waiting; a crowd of approvers; and ten thousand that wait. */
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { Desk } from '../../recorder/approvals/desk.ts';
import type { AuditLog } from '../../recorder/log/audit-log.ts';
import { systemClock } from '../../sidecar/clock.ts';
import { analyse } from '../../sidecar/command/analyse.ts';
import { Gate } from '../../sidecar/gate.ts';
import { findChromium } from '../chromium.ts';
import { type Stage, stage } from '../player/browser.ts';
import { crowd, faultsOf } from '../recorder/approvals/crowd.ts';
import { asking, SECOND, SESSION } from '../recorder/approvals/sample.ts';
import { start } from '../recorder/log/sample.ts';
import type { Row } from './row.ts';

const OTHERS = 1000;
const ROUNDS = 100;
const CLICKS = 30;
const MANY = 10_000;
const CROWD = 2000;
const HOUR = 3600 * SECOND;
const TERMS = { groups: [], quorum: 1, selfApproval: false, timeout: HOUR, validity: HOUR };
const WHO = { user: 'agent', groups: [], proof: 'claimed' as const };
const ASK = { effect: 'ask', rule: 'bench/ask', reason: 'Somebody looks.', unjudged: false } as const;

export async function run(): Promise<Row[]> {
  return [...(await decisions()), ...(await crowded()), ...(await many())];
}

async function decisions(): Promise<Row[]> {
  if (findChromium() === null) return [];
  return onStage(async (world) => {
    await world.log.append(SESSION, [start()]);
    fill(world.desk, OTHERS);
    const cookie = await cookieOf(world);
    const route: number[] = [];
    for (let round = 0; round < ROUNDS; round++)
      route.push(await timed(world, `make route-${round}`, (id) => vote(world, cookie, id)));
    const page = await openApprovals(world);
    const clicks: number[] = [];
    for (let round = 0; round < CLICKS; round++)
      clicks.push(await timed(world, `make click-${round}`, (id) => click(page, id)));
    const target = 'median < 100 ms';
    const medians = [
      ['the route is called', route],
      ['the second click in Chromium', clicks],
    ] as const;
    return medians.flatMap(([what, times]) => {
      const value = at(times, 0.5);
      return [
        {
          name: `approval: ${what} → action goes on, 1,000 wait`,
          value,
          unit: 'ms',
          target,
          ok: value < 100,
        },
        { name: `approval: … the slowest of ${times.length}`, value: at(times, 1), unit: 'ms' },
      ];
    });
  });
}

async function crowded(): Promise<Row[]> {
  const data = await mkdtemp(join(tmpdir(), 'chaperone-bench-'));
  try {
    const found = await crowd(data, CROWD);
    const faults = faultsOf(found, CROWD);
    for (const fault of faults.slice(0, 5)) process.stderr.write(`${fault}\n`);
    const asked = found.tried.length;
    return [
      {
        name: `approval: ${CROWD} decided by 20 people at two front doors (${asked} attempts)`,
        value: found.seconds,
        unit: 's',
        target: 'each once, by who may, in the log',
        ok: faults.length === 0,
      },
    ];
  } finally {
    await rm(data, { recursive: true, force: true });
  }
}

async function many(): Promise<Row[]> {
  return onStage(async (world) => {
    const before = heap();
    const since = performance.now();
    await fill(world.desk, MANY);
    const asking = performance.now() - since;
    const held = heap() - before;
    const cookie = await cookieOf(world);
    const list = await elapsed(() => call(world, cookie, '/api/approvals'));
    const opening = performance.now();
    const page = await openApprovals(world);
    await page.getByText(`${MANY} waiting`).waitFor();
    const shown = performance.now() - opening;
    const more = await elapsed(() => page.evaluate(oneMore));
    return [
      { name: `approval: ${MANY} requests begin to wait`, value: asking / 1000, unit: 's' },
      {
        name: `approval: ${MANY} wait, memory`,
        value: held / 2 ** 20,
        unit: 'MB',
        target: '< 100 MB',
        ok: held < 100 << 20,
      },
      {
        name: `approval: ${MANY} wait, the list`,
        value: list,
        unit: 'ms',
        target: '< 2000 ms',
        ok: list < 2000,
      },
      {
        name: `approval: ${MANY} wait, the page from empty to all`,
        value: shown,
        unit: 'ms',
        target: '< 5000 ms',
        ok: shown < 5000,
      },
      {
        name: `approval: ${MANY} wait, 50 more cards are drawn`,
        value: more,
        unit: 'ms',
        target: '< 500 ms',
        ok: more < 500,
      },
    ];
  });
}

/** Runs in the page. */
async function oneMore(): Promise<void> {
  const drawn = document.querySelectorAll('.ask').length;
  document.querySelector<HTMLElement>('.approvals-page > .more')?.click();
  while (document.querySelectorAll('.ask').length === drawn)
    await new Promise((resolve) => requestAnimationFrame(resolve));
}

async function onStage(work: (world: Stage) => Promise<Row[]>): Promise<Row[]> {
  const undo: (() => Promise<unknown>)[] = [];
  try {
    return await work(await stage({ teardown: (action) => undo.push(action) }));
  } finally {
    for (const action of undo.reverse()) await action();
  }
}

/** Resolves when all of them wait. */
async function fill(desk: Desk, count: number): Promise<void> {
  const waiting = Array.from({ length: count }, (_, number) => {
    const requester = {
      ...WHO,
      user: `agent${Math.floor(number / 500)}`,
      conversation: `c${Math.floor(number / 50)}`,
    };
    const digest = number.toString(16).padStart(64, '0');
    const line = `make target-${number} && kubectl -n shop rollout restart deployment/web-${number}`;
    const asked = { kind: 'command' as const, line, cwd: '/srv/shop', commands: [], unknown: [] };
    return new Promise<string>((resolve) => {
      desk.ask(asking({ requester, digest, asked }, TERMS), { waiting: resolve }).catch(() => {});
    });
  });
  await Promise.all(waiting);
}

/** Milliseconds from the decision, whose time `decide` tells, to the verdict on an action that is recorded. */
async function timed(
  { log, desk }: { log: AuditLog; desk: Desk },
  line: string,
  decide: (id: string) => Promise<number>,
): Promise<number> {
  const policy = { digest: 'bench', decide: () => ASK, approvalTerms: () => TERMS };
  const gate = new Gate({ journal: log, clock: systemClock, policy: () => policy, approvals: desk });
  let wentOn = 0;
  const { promise, resolve } = Promise.withResolvers<string>();
  const judged = gate.judge(SESSION, WHO, analyse(line, { cwd: '/' }), { waiting: resolve }).then(() => {
    wentOn = now();
  });
  judged.catch(() => {}); // told below, unless the decision fails first
  const decided = await decide(await promise);
  await judged;
  return wentOn - decided;
}

async function vote(world: Stage, cookie: string, id: string): Promise<number> {
  const decided = now();
  await call(world, cookie, `/api/approvals/${id}/vote`, { vote: 'approve' });
  return decided;
}

async function click(page: Page, id: string): Promise<number> {
  const button = page.locator(`#approve-${id}`);
  // As it is in its place, far below the first that are drawn.
  await page.evaluate((id) => history.pushState({}, '', `/approvals/${id}`), id);
  await page.evaluate(() => dispatchEvent(new PopStateEvent('popstate')));
  await button.click();
  await page.locator(`#approve-${id}.armed`).waitFor();
  return button.evaluate((element) => {
    const decided = performance.timeOrigin + performance.now();
    (element as HTMLElement).click();
    return decided;
  });
}

async function openApprovals(world: Stage): Promise<Page> {
  const { page } = await world.open({ teardown: () => {} }, '/approvals', { reducedMotion: 'reduce' });
  await page.locator('.ask').first().waitFor();
  return page;
}

function now(): number {
  return performance.timeOrigin + performance.now();
}

async function elapsed(work: () => Promise<unknown>): Promise<number> {
  const since = performance.now();
  await work();
  return performance.now() - since;
}

function at(times: readonly number[], share: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}

function heap(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

async function cookieOf({ server }: Stage): Promise<string> {
  const response = await fetch(server.loginUrl(), { redirect: 'manual' });
  return response.headers.get('set-cookie')!.split(';')[0]!;
}

function call({ server }: Stage, cookie: string, path: string, body?: object): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const headers = { cookie, origin: server.url, 'content-type': 'application/json' };
  const method = body === undefined ? 'GET' : 'POST';
  const outgoing = request(new URL(path, server.url), { method, headers }, (response) => {
    response.resume();
    if (response.statusCode !== 200) reject(new Error(`answered with ${response.statusCode}`));
    response.on('end', () => resolve());
  });
  outgoing.on('error', reject);
  outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  return promise;
}
