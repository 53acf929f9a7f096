/**
 * From the prompts of one conversation to everything that came of them:
 *
 *     prompt ──▶ act ──▶ execution in a guarded shell ──▶ requests ──▶ objects, sessions in pods
 *                 └──▶ files                  └ what is left over on either side is a finding
 */
import { claimedTerm, conversationTerm, kubectlTerm, type Term } from '../audit/terms.ts';
import type { Micros } from '../audit/units.ts';
import { ChaperoneError } from '../errors.ts';
import { requestText } from '../export/labels.ts';
import type { SessionSummary } from '../log/ports.ts';
import { around, type Span } from './around.ts';
import { talkOf } from './ascent.ts';
import { objectText, outcomeOf } from './blame.ts';
import { type Basis, type Effect, momentOf, type Trace, type TracedAct } from './chain.ts';
import { type Asking, findingsOf } from './findings.ts';
import { sameMachine } from './machine.ts';
import { compare, match, type Pair, type Place, WINDOW } from './matching.ts';
import { commandOf, type Ran, type Requested, ranIn, type Sources } from './sources.ts';
import type { Act, Talk } from './talk.ts';

/** Sessions that claim the conversation, commands of them, and requests of one. */
const MOST = { sessions: 2000, commands: 20_000, requests: 5000, named: 1000 };

/** @throws ChaperoneError `SESSION_UNKNOWN`; `USAGE` where the session is none of a conversation */
export async function trace(sources: Sources, id: string): Promise<Trace> {
  const summary = await sources.archive.session(id);
  const { entrance, startedAt } = summary;
  if (entrance?.kind !== 'cursor')
    throw new ChaperoneError('USAGE', 'this session is none of a conversation with an agent');
  const talk = await talkOf(sources, summary, Number.MAX_SAFE_INTEGER);
  const asked = askedIn(summary, talk, entrance.conversation);
  const { ran, cut } = await executions(sources, summary, asked);
  const { pairs, unexecuted, unannounced } = match(asked, ran);
  const effects = await effectsOf(sources, summary, { pairs, unexecuted });
  const acts = talk.acts.map((act): TracedAct => {
    const { kind, text, generation, seqs, decided } = act;
    const files = edited(act, startedAt);
    const told = { kind, text, generation, seqs, decided };
    return { ...momentOf(act, startedAt), ...told, effects: [...(effects.get(act) ?? []), ...files] };
  });
  const prompts = talk.prompts.map((prompt) => {
    const { generation, text } = prompt;
    return { ...momentOf(prompt, startedAt), generation, text };
  });
  const findings = await findingsOf(sources, summary, { pairs, unexecuted, unannounced });
  return { conversation: entrance.conversation, prompts, acts, findings, cut: cut || talk.cut };
}

function askedIn(summary: SessionSummary, { acts }: Talk, conversation: string): Asking[] {
  return acts.flatMap((act) => {
    if (act.kind !== 'command' || act.decided === null) return [];
    const { session, seq, at, allowed } = act.decided;
    return [{ session, seq, at, allowed, line: act.text, cwd: act.cwd, conversation, summary, act }];
  });
}

/** What ran with the words of an act, and what ran in the name of the conversation. */
async function executions(
  sources: Sources,
  summary: SessionSummary,
  asked: readonly Asking[],
): Promise<{ ran: Ran[]; cut: boolean }> {
  const known = new Map<string, Ran>();
  const keep = (ran: Ran) => known.set(`${ran.session}#${ran.seq}`, ran);
  const lines = Map.groupBy(asked, ({ line }) => line.trim());
  let cut = false;
  for (const [line, of] of lines) {
    const found = await around(sources, [line], spanOf(of));
    cut ||= found.cut;
    // What another conversation announced is not ours.
    for (const { announced, executed } of found.pairs) if (announced.session === summary.id) keep(executed);
    for (const executed of found.unannounced) keep(executed);
  }
  const { conversation } = summary.entrance as { conversation: string };
  let sessions = MOST.sessions;
  for await (const { event } of conversation === '' ? [] : sources.mentions(conversationTerm(conversation))) {
    if (sessions-- <= 0 || known.size > MOST.commands) return { ran: [...known.values()], cut: true };
    const claiming = await sources.session(event.session);
    if (claiming === null || claiming.entrance?.kind === 'cursor') continue;
    for await (const { body, ...place } of sources.events(claiming.id)) {
      if (body.type !== 'command.decided' || body.context !== undefined) continue;
      keep(ranIn(claiming, { ...place, body }));
    }
  }
  return { ran: [...known.values()], cut };
}

/** Another conversation may have said the same: its announcements are matched, too. */
function spanOf(asked: readonly Place[]): Span {
  const times = asked.map(({ at }) => at);
  return {
    from: times.reduce((a, b) => Math.min(a, b)) - WINDOW.after,
    to: times.reduce((a, b) => Math.max(a, b)) + WINDOW.after,
  };
}

/** What came of each act: its execution, the requests of that, and what they opened or changed. */
async function effectsOf(
  sources: Sources,
  summary: SessionSummary,
  { pairs, unexecuted }: { pairs: Pair<Asking, Ran>[]; unexecuted: Asking[] },
): Promise<Map<Act, Effect[]>> {
  const effects = new Map<Act, Effect[]>();
  const proof = summary.identity.proof === 'claimed' ? 'claimed' : 'hook';
  const bySession = Map.groupBy(pairs, ({ executed }) => executed.session);
  for (const [session, of] of bySession) {
    const ranThere = await sources.session(session);
    if (ranThere === null) continue;
    const requests = await requestsOf(
      sources,
      ranThere,
      of.map(({ executed }) => executed),
    );
    for (const { announced, executed } of of) {
      const own: Effect = {
        ...momentOf(executed, ranThere.startedAt),
        ...{ kind: 'command', text: executed.body.line, proof, basis: 'matched' },
        outcome: executed.allowed ? 'done' : 'refused',
      };
      effects.set(announced.act, [own, ...(requests.get(executed.seq) ?? [])]);
    }
  }
  for (const { act } of unexecuted) {
    const claimed = await claimedRequests(sources, summary, act);
    if (claimed.length > 0) effects.set(act, claimed);
  }
  return effects;
}

/** Changes that were asked of the API in a session, by the seq of the command that they came of. */
async function requestsOf(
  sources: Sources,
  summary: SessionSummary,
  matched: readonly Ran[],
): Promise<Map<number, Effect[]>> {
  const commands: Ran[] = [];
  const found = new Map<number, Effect[]>();
  const open = new Map<string, { request: Requested; of: number; basis: Basis; at: number }>();
  const wanted = new Set(matched.map(({ seq }) => seq));
  let left = MOST.requests;
  for await (const { body, ...place } of sources.events(summary.id)) {
    if (body.type === 'command.decided' && body.context === undefined) {
      commands.push(ranIn(summary, { ...place, body }));
      if (commands.length > 64) commands.shift();
    } else if (body.type === 'request.admitted' && isWorthTelling(body)) {
      const request = { ...place, body };
      const of = commandOf(commands, request);
      if (of === null || !wanted.has(of.command.seq) || left-- <= 0) continue;
      const list = found.get(of.command.seq) ?? [];
      const { basis } = of;
      list.push(effectOf(summary, request, { basis, end: null }));
      found.set(of.command.seq, list);
      open.set(body.id, { request, of: of.command.seq, basis, at: list.length - 1 });
    } else if (body.type === 'request.ended') {
      const begun = open.get(body.id);
      if (begun === undefined) continue;
      open.delete(body.id);
      found.get(begun.of)![begun.at] = effectOf(summary, begun.request, { basis: begun.basis, end: body });
    }
  }
  return found;
}

function isWorthTelling({ method, dryRun, opens }: Requested['body']): boolean {
  return !dryRun && (opens !== undefined || (method !== 'GET' && method !== 'HEAD'));
}

function effectOf(
  { startedAt }: SessionSummary,
  request: Requested,
  { basis, end, others = 0 }: { basis: Basis; end: Parameters<typeof outcomeOf>[1]; others?: number },
): Effect {
  const { method, request: info, opens } = request.body;
  const opened = opens !== undefined;
  return {
    ...momentOf(
      opened ? { session: opens, seq: 0, at: request.at } : request,
      opened ? request.at : startedAt,
    ),
    kind: opened ? 'session' : end?.object === undefined ? 'request' : 'object',
    text: opened ? requestText(info) : `${method} ${objectText(request, end)}`,
    ...{ proof: 'claimed', basis, outcome: outcomeOf(request.body, end) },
    ...(others > 0 && { others }),
  };
}

/** Of a command that no guarded shell ran: requests in whose client's words it is, while it may have run. */
async function claimedRequests(sources: Sources, summary: SessionSummary, act: Act): Promise<Effect[]> {
  const term = kubectlOf(act.text);
  if (term === null || act.decided?.allowed !== true) return [];
  const from = act.decided.at - WINDOW.skew;
  const to = act.ended === null ? act.decided.at + WINDOW.after : act.ended.at + WINDOW.skew;
  const found: Effect[] = [];
  let left = MOST.named;
  for await (const { event } of sources.mentions(term)) {
    if (left-- <= 0 || event.at < from - WINDOW.after) break;
    const { body } = event;
    if (body.type !== 'request.admitted' || event.at < from || event.at > to) continue;
    if (claimedTerm(body.client)?.[1] !== term[1]) continue;
    const other = await sources.session(event.session);
    if (other?.entrance?.kind !== 'api' || !sameMachine(summary, other)) continue;
    const request = { ...event, body };
    const end = await sources.endOf(request);
    found.push(effectOf(other, request, { basis: 'time', end: end?.body ?? null }));
  }
  return found.sort(compare);
}

/** Of a line that is no more than one plain kubectl: in others nobody could say which of its commands it was. */
function kubectlOf(line: string): Term | null {
  return /["'`$;&|<>(){}\\\n]/.test(line) ? null : kubectlTerm(line.trim().split(/\s+/));
}

/** The file that was edited. */
function edited({ kind, text, ended, decided }: Act, startedAt: Micros): Effect[] {
  if (kind !== 'edit' || ended === null) return [];
  const told = { kind: 'file', text, proof: 'hook', basis: 'hook' } as const;
  const outcome = ended.failed ? 'failed' : decided?.allowed === false ? 'refused' : 'done';
  return [{ ...momentOf(ended, startedAt), ...told, outcome }];
}
