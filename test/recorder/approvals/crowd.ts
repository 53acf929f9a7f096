/**
 * A crowd of approvers at two front doors, all of whom try to decide on everything, each in an order of their own: and
 * what the desk, the log and each of them make of it.
 */
import type { Approvals as Asks } from '../../../recorder/approvals/asking.ts';
import { Desk } from '../../../recorder/approvals/desk.ts';
import type { ApprovalMark } from '../../../recorder/audit/decision.ts';
import type { AuditEvent } from '../../../recorder/audit/event.ts';
import { SYSTEM } from '../../../recorder/audit/units.ts';
import { AuditLog } from '../../../recorder/log/audit-log.ts';
import { collect } from '../log/sample.ts';
import { callAs, type FrontDoor, openDoor, person } from '../server/front-door.ts';
import { asking, clock, KEY, SECOND } from './sample.ts';

const TEAMS = ['leads', 'oncall', 'data', 'web'];
const APPROVERS = 20;
/** Requests of one conversation: fewer than one may have. */
const OF_ONE = 50;
const OF_ONE_USER = 500;

export interface Tried {
  user: string;
  id: string;
  vote: 'approve' | 'deny';
  status: number;
}

export interface Crowd {
  /** What each who asked was told, by request. */
  marks: ReadonlyMap<string, ApprovalMark>;
  tried: readonly Tried[];
  events: readonly AuditEvent[];
  /** Seconds from the first vote to the last answer. */
  seconds: number;
}

/** Of each team five. */
const teamOf = (user: string) => TEAMS[Number(user.slice(1)) % TEAMS.length]!;

export async function crowd(data: string, requests: number): Promise<Crowd> {
  const log = await AuditLog.open({ data });
  const desk = await Desk.open({ journal: log, archive: log, clock, key: KEY });
  const users = Array.from({ length: APPROVERS }, (_, number) => `p${number}`);
  const people = new Map(users.map((user) => [user, person(user, ['approver'], teamOf(user))]));
  const parts = { desk, archive: log, now: clock.now };
  const doors = [await openDoor(parts, people), await openDoor(parts, people)] as const;
  const { ids, told } = await askAll(desk, requests);
  const started = performance.now();
  const tried = await Promise.all(
    users.map((user, number) => decideAll(doors, { user, ids, seed: number + 1 })),
  );
  const marks = new Map((await Promise.all(told)).map((mark) => [mark.id, mark]));
  const seconds = (performance.now() - started) / 1000;
  desk.close();
  await Promise.all(doors.map((door) => door.close()));
  const events = (await collect(log.events(SYSTEM))).map(({ event }) => event);
  await log.close();
  return { marks, tried: tried.flat(), events, seconds };
}

/** Each for one of four teams, some of two people, and some asked by one who approves elsewhere. */
async function askAll(desk: Asks, requests: number) {
  const told: Promise<ApprovalMark>[] = [];
  const waiting = Array.from({ length: requests }, (_, number) => {
    const conversation = `c${Math.floor(number / OF_ONE)}`;
    const user = number % 10 === 0 ? 'p0' : `agent${Math.floor(number / OF_ONE_USER)}`;
    const terms = {
      timeout: 3600 * SECOND,
      groups: [TEAMS[number % TEAMS.length]!],
      quorum: 1 + (number % 3 === 0 ? 1 : 0),
    };
    const digest = number.toString(16).padStart(64, '0');
    const one = asking({ requester: { user, groups: [], conversation, proof: 'signed' }, digest }, terms);
    return new Promise<string>((resolve) => {
      told.push(desk.ask(one, { waiting: resolve }));
    });
  });
  return { ids: await Promise.all(waiting), told };
}

/** All of them, as a person with one connection at each door. */
async function decideAll(
  doors: readonly [FrontDoor, FrontDoor],
  { user, ids, seed }: { user: string; ids: readonly string[]; seed: number },
): Promise<Tried[]> {
  const tried: Tried[] = [];
  const next = numbers(seed);
  const left = [...ids];
  for (let place = left.length - 1; place > 0; place--) {
    const other = Math.floor(next() * (place + 1));
    [left[place], left[other]] = [left[other]!, left[place]!];
  }
  for (const id of left) {
    const vote = next() < 0.8 ? 'approve' : 'deny';
    const door = next() < 0.5 ? doors[0] : doors[1];
    const { status } = await callAs(door, user, { path: `/api/approvals/${id}/vote`, body: { vote } });
    tried.push({ user, id, vote, status });
  }
  return tried;
}

/** From 0 to 1, the same ones for a seed. https://en.wikipedia.org/wiki/Linear_congruential_generator */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** What is wrong with it: nothing, if each was decided once, by people who may, and the log has all of it. */
export function faultsOf({ marks, tried, events }: Crowd, requests: number): string[] {
  const faults: string[] = [];
  const expect = (holds: boolean, what: string) => {
    if (!holds) faults.push(what);
  };
  expect(marks.size === requests, `${marks.size} of ${requests} were decided`);
  const bodies = events.map(({ body }) => body);
  const byRequest = Map.groupBy(bodies, (body) => ('id' in body ? body.id : ''));
  const counted = Map.groupBy(
    tried.filter(({ status }) => status === 200),
    ({ id }) => id,
  );
  for (const [id, mark] of marks) {
    const all = byRequest.get(id) ?? [];
    const one = <T extends string>(type: T) =>
      all.filter((body): body is Extract<typeof body, { type: T }> => body.type === type);
    const [request] = one('approval.requested');
    const votes = one('approval.voted');
    const [settled] = one('approval.settled');
    expect(
      one('approval.settled').length === 1 && settled?.state === mark.state,
      `${id} is settled as ${mark.state}`,
    );
    expect(
      one('approval.used').length === (mark.state === 'approved' ? 1 : 0),
      `${id} is used as often as it may`,
    );
    const inLog = votes.map(({ by, vote }) => `${by.user} ${vote}`).sort();
    const heard = (counted.get(id) ?? []).map(({ user, vote }) => `${user} ${vote}`).sort();
    expect(
      inLog.join() === heard.join(),
      `${id}: who was told that it counts (${heard}) is in the log (${inLog})`,
    );
    expect(new Set(votes.map(({ by }) => by.user)).size === votes.length, `${id}: nobody twice`);
    for (const { by } of votes) {
      expect(request?.terms.groups.includes(teamOf(by.user)) === true, `${id}: ${by.user} is of the team`);
      expect(request?.requester.user !== by.user, `${id}: ${by.user} did not ask`);
    }
    const yes = votes.filter(({ vote }) => vote === 'approve').length;
    if (mark.state === 'approved')
      expect(yes === request?.terms.quorum && yes === votes.length, `${id}: its quorum`);
    else expect(votes.at(-1)?.vote === 'deny' && yes === votes.length - 1, `${id}: the first no ends it`);
  }
  // What was decided long ago is not there any more: only the latest are kept to be shown.
  const said = [200, 403, 404, 409];
  const others = tried.filter(({ status }) => !said.includes(status));
  expect(others.length === 0, `${others.length} were answered with ${others[0]?.status}`);
  return faults;
}
