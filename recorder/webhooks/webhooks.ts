/**
 * Tells other systems of approvals. The log is what is to be told: how far each receiver was told is kept beside it, and
 * a recorder that starts again goes on from there. So a message may come twice, under the same id, and none is forgotten
 * before it is given up.
 *
 *   desk ──what is stored──▶ target (queue, attempts) ──▶ receiver
 *   log ──from where the former recorder was──┘
 */
import { join } from 'node:path';
import { z } from 'zod';
import { type Approval, type ApprovalEvent, after, LONGEST, requested } from '../approvals/approval.ts';
import type { Desk } from '../approvals/desk.ts';
import { approvalEventOf, eventsSince } from '../approvals/restore.ts';
import type { Micros } from '../audit/units.ts';
import type { Archive } from '../log/ports.ts';
import { replaceFile } from '../store/atomic-file.ts';
import { readRegularFile } from '../store/regular-file.ts';
import { type Message, messageOf } from './message.ts';
import { httpPoster, type Poster } from './post.ts';
import { PATIENCE, type Patience } from './retries.ts';
import type { TargetSettings } from './settings.ts';
import { Target } from './target.ts';

export interface WebhooksOptions {
  desk: Pick<Desk, 'watch'>;
  archive: Pick<Archive, 'events'>;
  /** The data directory, where `webhooks.state` is kept. */
  data: string;
  targets: readonly TargetSettings[];
  /** Where people open the page. */
  page: string;
  clock: { now(): Micros };
  say(line: string): void;
  patience?: Patience;
  poster?: Poster;
}

const ATTEMPT_MS = 10_000;
const SAVE_MS = 1000;

export class Webhooks {
  readonly #options: WebhooksOptions;
  readonly #poster: Poster;
  #targets: readonly Target[] = [];
  #unwatch = () => {};
  #saving: NodeJS.Timeout | undefined;
  #saved: Promise<void> = Promise.resolve();

  private constructor(options: WebhooksOptions) {
    this.#options = options;
    this.#poster = options.poster ?? httpPoster(ATTEMPT_MS);
  }

  /** Begins where the former recorder was: a receiver that is new begins now. */
  static async start(options: WebhooksOptions): Promise<Webhooks> {
    const webhooks = new Webhooks(options);
    const { data, targets, clock, page, say, patience = PATIENCE } = options;
    const now = clock.now();
    const known = await readState(data);
    const oldest = now - patience.age * 1000;
    webhooks.#targets = targets.map((settings) => {
      const since = Math.max(oldest, Math.min(now, known[settings.name] ?? now));
      const ports = { poster: webhooks.#poster, patience, page, clock, say, moved: () => webhooks.#save() };
      return new Target({ settings, ...ports }, since);
    });
    webhooks.#unwatch = options.desk.watch((approval, events, at) => webhooks.#tell(approval, events, at));
    await webhooks.#catchUp(now);
    webhooks.#save();
    return webhooks;
  }

  /** What is wrong with receivers. */
  troubles(): string[] {
    return this.#targets.flatMap(({ trouble }) => (trouble === null ? [] : [trouble]));
  }

  async close(): Promise<void> {
    this.#unwatch();
    await Promise.all(this.#targets.map((target) => target.close()));
    clearTimeout(this.#saving);
    await this.#saved;
    await this.#write();
    await this.#poster.close();
  }

  #tell(approval: Approval, events: readonly ApprovalEvent[], at: Micros): void {
    for (const event of events) this.#add(messageOf(approval, event, at), this.#targets);
  }

  #add(message: Message | null, targets: readonly Target[]): void {
    if (message === null) return;
    for (const target of targets) target.add(message);
  }

  /** What happened after somebody was told the last of it. */
  async #catchUp(now: Micros): Promise<void> {
    const waiting = this.#targets.map((target) => ({ target, since: target.told }));
    const since = Math.min(now, ...waiting.map((one) => one.since));
    if (since >= now) return;
    const approvals = new Map<string, Approval>();
    const from = since - LONGEST;
    for await (const { event } of eventsSince(this.#options.archive, from, { content: false })) {
      const body = approvalEventOf(event);
      if (body === null || event.at > now) continue;
      const before = approvals.get(body.id);
      const approval =
        body.type === 'approval.requested'
          ? requested(body, event.at)
          : before && after(before, body, event.at);
      if (approval === undefined) continue;
      approvals.set(body.id, approval);
      const missed = waiting.filter((one) => one.since <= event.at).map(({ target }) => target);
      this.#add(messageOf(approval, body, event.at), missed);
    }
  }

  #save(): void {
    this.#saving ??= setTimeout(() => {
      this.#saving = undefined;
      this.#saved = this.#saved.then(() => this.#write());
    }, SAVE_MS).unref();
  }

  /** Where it cannot be written, what was told is told again: that is no reason to stop. */
  async #write(): Promise<void> {
    const state = Object.fromEntries(this.#targets.map(({ name, told }) => [name, told]));
    await replaceFile(join(this.#options.data, STATE), `${JSON.stringify(state)}\n`).catch((error: Error) =>
      this.#options.say(`webhooks: how far they are cannot be kept: ${error.message}`),
    );
  }
}

export const STATE = 'webhooks.state';
const state = z.record(z.string(), z.int().min(0));

/** What was told to whom. A file that is not ours to understand counts for nothing. */
async function readState(data: string): Promise<Record<string, Micros>> {
  const file = await readRegularFile(join(data, STATE));
  if (file === null) return {};
  try {
    return state.parse(JSON.parse(file.bytes.toString('utf8')));
  } catch {
    return {};
  }
}
