/**
 * The session of one conversation as what it tells: prompts, and the acts of the agent, each once however many hooks told
 * of it, with what was decided and how it ended. Pure.
 *
 *     beforeSubmitPrompt        preToolUse ┐
 *       │ generation            beforeShellExecution ├─▶ one act ◀── command.decided ◀── afterShellExecution, postToolUse
 *       ▼                                            ┘
 */
import type { ApprovalMark, Decision, ToolUse } from '../audit/decision.ts';
import type { BodyOf } from '../audit/event.ts';
import type { Micros } from '../audit/units.ts';
import type { StoredEvent } from '../log/ports.ts';
import { absolute, announcedBy, textOfTool } from './announced-by.ts';
import { type Told, toldIn } from './hook-text.ts';
import type { Place } from './matching.ts';

export interface Prompt extends Place {
  generation: string;
  text: string;
  model: string;
  /** Who is signed in at Cursor, as the hook says. */
  email: string;
}

export interface Decided extends Place {
  decision: Decision;
  allowed: boolean;
  unknown: string[];
  approval?: ApprovalMark;
}

export interface Act extends Place {
  kind: 'command' | ToolUse;
  /** Empty where no hook told of it. */
  generation: string;
  /** The command line; the path; the tool and its server. */
  text: string;
  /** Empty where it is not told. */
  cwd: string;
  /** Events of the session that tell of it, decisions included. */
  seqs: number[];
  /** Null where it was not asked about. */
  decided: Decided | null;
  ended: (Place & { micros: Micros | null; failed: boolean }) | null;
}

export interface Talk {
  prompts: Prompt[];
  acts: Act[];
  /** When a signature said for whom, and until when that holds. */
  proven: (Place & { humans: string[]; until: Micros })[];
  /** How many hooks told something. */
  hooks: number;
  /** True where there was more than is kept. */
  cut: boolean;
}

/** Hooks of one act follow each other at once; a person may have to decide in between. */
const TOGETHER: Micros = 3_600_000_000;
/** Kept of one conversation. */
const MOST = 20_000;
/** Characters of a prompt. */
const LONGEST = 16_384;

export class TalkReader {
  readonly talk: Talk = { prompts: [], acts: [], proven: [], hooks: 0, cut: false };
  /** Acts that may still be told more of, by what they are; the oldest first. */
  readonly #open = new Map<string, Act[]>();

  /** The first directory that is open in Cursor. */
  #root = '';

  push({ event, content }: StoredEvent): void {
    const { body, session, seq, at } = event;
    const place = { session, seq, at };
    if (body.type === 'session.start' && body.entrance?.kind === 'cursor')
      this.#root = body.entrance.roots[0] ?? '';
    else if (body.type === 'identity.proven' && !this.#isFull(this.talk.proven))
      this.talk.proven.push({ ...place, humans: body.identity.humans ?? [], until: body.until });
    else if (body.type === 'hook.received') this.#hook(place, body, content);
    else if (body.type === 'command.decided' && body.context === undefined)
      this.#decided(place, 'command', body.line, body);
    else if (body.type === 'tool.decided') this.#decided(place, body.use, textOfTool(body), body);
  }

  #hook(
    place: Place,
    { hook, generation, model, email = '' }: BodyOf<'hook.received'>,
    content: Uint8Array | null,
  ): void {
    const told = toldIn(content);
    const { talk } = this;
    talk.hooks += 1;
    switch (hook) {
      case 'beforeSubmitPrompt':
        if (!this.#isFull(talk.prompts))
          talk.prompts.push({ ...place, generation, model, email, text: told.prompt.slice(0, LONGEST) });
        return;
      case 'afterFileEdit':
        this.#edited(place, { path: absolute(told.path, told.cwd || this.#root), generation });
        return;
      case 'postToolUse':
      case 'postToolUseFailure':
      case 'afterShellExecution':
      case 'afterMCPExecution':
        this.#ended(place, hook, told);
        return;
      default: {
        const act = announcedBy(hook, told, this.#root);
        if (act !== null) this.#announced(place, hook, { ...act, generation });
      }
    }
  }

  /** The second hook of an act joins the first, if it is another one that tells. */
  #announced(place: Place, hook: string, told: Pick<Act, 'kind' | 'text' | 'cwd' | 'generation'>): void {
    const known = this.#find(
      told,
      place.at,
      (act) => act.generation === told.generation && !teller(act).has(hook),
    );
    if (known === null) {
      if (this.#isFull(this.talk.acts)) return;
      const act: Act = { ...place, ...told, seqs: [place.seq], decided: null, ended: null };
      TELLERS.set(act, new Set([hook]));
      this.#keep(act);
      return;
    }
    known.seqs.push(place.seq);
    teller(known).add(hook);
    if (known.cwd === '') known.cwd = told.cwd;
  }

  #decided(
    place: Place,
    kind: Act['kind'],
    text: string,
    body: BodyOf<'command.decided' | 'tool.decided'>,
  ): void {
    const { decision, allowed, unknown, approval, cwd } = body;
    const decided = { ...place, decision, allowed, unknown, ...(approval && { approval }) };
    const known = this.#find({ kind, text }, place.at, (act) => act.decided === null);
    if (known !== null) {
      known.decided = decided;
      known.seqs.push(place.seq);
    } else if (!this.#isFull(this.talk.acts))
      this.#keep({ ...place, kind, text, cwd, generation: '', seqs: [place.seq], decided, ended: null });
  }

  #ended(place: Place, hook: string, told: Told): void {
    const act = announcedBy(BEFORE[hook] ?? 'preToolUse', told, this.#root);
    const known =
      act === null ? null : this.#find(act, place.at, ({ ended }) => ended === null || ended.micros === null);
    if (known === null) return;
    known.seqs.push(place.seq);
    const micros = told.duration === null ? null : Math.round(told.duration * 1000);
    known.ended ??= { ...place, micros, failed: hook === 'postToolUseFailure' };
    known.ended.micros ??= micros;
  }

  /** An edit that was asked about has ended; one of which only this tells is an act of its own. */
  #edited(place: Place, { path, generation }: { path: string; generation: string }): void {
    const told = { kind: 'edit', text: path } as const;
    const known = this.#find(told, place.at, ({ ended }) => ended === null);
    const ended = { ...place, micros: null, failed: false };
    if (known !== null) {
      known.seqs.push(place.seq);
      known.ended = ended;
    } else if (!this.#isFull(this.talk.acts)) {
      this.#keep({ ...place, ...told, cwd: '', generation, seqs: [place.seq], decided: null, ended });
    }
  }

  /** The oldest that holds: what was told first is decided first. */
  #find({ kind, text }: Pick<Act, 'kind' | 'text'>, at: Micros, holds: (act: Act) => boolean): Act | null {
    const open = this.#open.get(keyOf(kind, text))?.filter((act) => at - act.at < TOGETHER) ?? [];
    return open.find(holds) ?? null;
  }

  #keep(act: Act): void {
    this.talk.acts.push(act);
    const key = keyOf(act.kind, act.text);
    const open = this.#open.get(key)?.filter((one) => act.at - one.at < TOGETHER && !isOver(one)) ?? [];
    this.#open.set(key, [...open, act]);
  }

  #isFull(items: readonly unknown[]): boolean {
    this.talk.cut ||= items.length >= MOST;
    return items.length >= MOST;
  }
}

/** The hook before it that told of the same act. */
const BEFORE: Readonly<Record<string, string>> = {
  afterShellExecution: 'beforeShellExecution',
  afterMCPExecution: 'beforeMCPExecution',
};

/** Which hooks told of an act. */
const TELLERS = new WeakMap<Act, Set<string>>();

function teller(act: Act): Set<string> {
  return TELLERS.get(act) ?? new Set();
}

function isOver({ decided, ended }: Act): boolean {
  return decided !== null && ended !== null && ended.micros !== null;
}

function keyOf(kind: Act['kind'], text: string): string {
  return `${kind} ${text.trim()}`;
}

/** The prompt that an act was for: by its generation; without one, the last before it. */
export function promptOf(
  { prompts }: Talk,
  { generation, at }: Pick<Act, 'generation' | 'at'>,
): Prompt | null {
  const before = prompts.filter((prompt) => prompt.at <= at);
  const told = before.findLast((prompt) => prompt.generation === generation);
  return told ?? (generation === '' ? (before.at(-1) ?? null) : null);
}
