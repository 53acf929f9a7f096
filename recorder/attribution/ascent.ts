/**
 * From a step up to the person: the command that a request came of, what announced it, the prompt behind that.
 *
 *     request ──▶ command in a guarded shell ──▶ act of the agent ──▶ prompt ──▶ conversation ──▶ person
 *        └──────────── by kubectl's own word ────────▲
 */

import { claimedTerm, conversationTerm } from '../audit/terms.ts';
import { requestText } from '../export/labels.ts';
import type { SessionSummary } from '../log/ports.ts';
import { type Asked, around, askedIn, widened } from './around.ts';
import { type Basis, type Finding, type Link, momentOf } from './chain.ts';
import { sameMachine } from './machine.ts';
import { type Place, WINDOW } from './matching.ts';
import { conversationLinks, personLink, toldBy } from './people.ts';
import { commandOf, type Ran, type Requested, ranIn, runsKubectl, type Sources } from './sources.ts';
import { type Act, promptOf, type Talk, TalkReader } from './talk.ts';

/** Commands of the same name that are looked at. */
const MANY = 1000;

/** Links from the person down, and what does not fit together on the way. */
export interface Ascent {
  links: Link[];
  findings: Finding[];
}

/** What is above a request, the request itself included. */
export async function aboveRequest(
  sources: Sources,
  summary: SessionSummary,
  request: Requested,
): Promise<Ascent> {
  const text = `${request.body.method} ${requestText(request.body.request)}`;
  const own = (basis: Basis, others = 0): Link => ({
    ...momentOf(request, summary.startedAt),
    ...{ kind: 'request', text, basis, proof: basis === 'recorded' ? 'recorded' : 'claimed' },
    ...(others > 0 && { others }),
  });
  const commands = await sources.commandsBefore(
    summary,
    request.seq,
    (found) => commandOf(found, request) !== null,
  );
  const found = commandOf(commands, request);
  if (found !== null) {
    const above = await aboveCommand(sources, summary, found.command);
    return { ...above, links: [...above.links, own(found.basis)] };
  }
  const claimed = await claimedCommand(sources, summary, request);
  if (claimed !== null) {
    const above = await aboveCommand(sources, claimed.summary, claimed.ran);
    return { ...above, links: [...above.links, own('time', claimed.others)] };
  }
  const above = await aboveSession(sources, summary, request);
  return { ...above, links: [...above.links, own('recorded')] };
}

/** What is above a command, the command itself included. */
export async function aboveCommand(sources: Sources, summary: SessionSummary, ran: Ran): Promise<Ascent> {
  if (summary.entrance?.kind === 'cursor') return aboveAct(sources, askedIn(summary, ran));
  const own = (basis: Basis, proof: Link['proof']): Link => ({
    ...momentOf(ran, summary.startedAt),
    ...{ kind: 'command', text: ran.body.line, basis, proof },
  });
  const span = widened({ from: ran.at, to: ran.at });
  const { pairs } = await around(sources, ran.lines, span);
  const pair = pairs.find(({ executed }) => executed.session === ran.session && executed.seq === ran.seq);
  if (pair !== undefined) {
    const above = await aboveAct(sources, pair.announced);
    const findings = pair.announced.allowed
      ? []
      : [finding('RUN_THOUGH_REFUSED', ran, summary, ran.body.line)];
    return {
      links: [...above.links, own('matched', toldBy(pair.announced.summary))],
      findings: [...above.findings, ...findings],
    };
  }
  const above = await aboveSession(sources, summary, ran);
  const claims = summary.identity.conversation !== undefined;
  const told = claims && above.links.some(({ kind }) => kind === 'conversation');
  const findings =
    told && ran.allowed ? [finding('EXECUTION_WITHOUT_HOOK', ran, summary, ran.body.line)] : [];
  return { links: [...above.links, own('recorded', 'recorded')], findings: [...above.findings, ...findings] };
}

/** What is above an act that a hook asked about, the act itself included. */
async function aboveAct(sources: Sources, asked: Asked): Promise<Ascent> {
  const { summary } = asked;
  const talk = await talkOf(sources, summary, asked.seq);
  const act = talk.acts.find(({ seqs }) => seqs.includes(asked.seq));
  return {
    links: actLinks(summary, talk, act ?? { ...asked, generation: '', text: asked.line }),
    findings: [],
  };
}

/** An edit, or another tool of the agent. */
export async function aboveTold(
  sources: Sources,
  summary: SessionSummary,
  place: Place & { text: string; generation: string },
): Promise<Ascent> {
  const talk = await talkOf(sources, summary, place.seq);
  const act = talk.acts.find(({ seqs }) => seqs.includes(place.seq));
  return { links: actLinks(summary, talk, act ?? place), findings: [] };
}

function actLinks(
  summary: SessionSummary,
  talk: Talk,
  act: Pick<Act, 'session' | 'seq' | 'at' | 'generation' | 'text'>,
): Link[] {
  const prompt = promptOf(talk, act);
  const hook = { proof: toldBy(summary), basis: 'hook' } as const;
  const own: Link = { ...momentOf(act, summary.startedAt), kind: 'act', text: act.text, ...hook };
  const asked: Link[] =
    prompt === null
      ? []
      : [{ ...momentOf(prompt, summary.startedAt), kind: 'prompt', text: prompt.text, ...hook }];
  return [...conversationLinks(summary, talk, act), ...asked, own];
}

/** Who it was, as far as the session itself tells. */
async function aboveSession(sources: Sources, summary: SessionSummary, place: Place): Promise<Ascent> {
  const { entrance, identity, startedAt } = summary;
  if (entrance?.kind === 'remote') return aboveRemote(sources, summary);
  const claimed = identity.conversation === undefined ? null : await told(sources, identity.conversation);
  if (claimed !== null) {
    const talk = await talkOf(sources, claimed, Number.MAX_SAFE_INTEGER);
    const prompt = promptOf(talk, { generation: identity.generation ?? '\0', at: place.at });
    const links = conversationLinks(claimed, talk, place).map(weakened);
    if (prompt === null) return { links, findings: [] };
    const own: Link = {
      ...momentOf(prompt, claimed.startedAt),
      kind: 'prompt',
      text: prompt.text,
      ...CLAIMED,
    };
    return { links: [...links, own], findings: [] };
  }
  const start = { session: summary.id, seq: 0, at: startedAt };
  const person = personLink(summary, '');
  if (identity.conversation === undefined) return { links: [person], findings: [] };
  const text = identity.conversation;
  return {
    links: [person, { ...momentOf(start, startedAt), kind: 'conversation', text, ...CLAIMED }],
    findings: [],
  };
}

const CLAIMED = { proof: 'claimed', basis: 'environment' } as const;

function weakened(link: Link): Link {
  return link.proof === 'hook' ? { ...link, ...CLAIMED } : link;
}

/** A remote command came of the request that opened its session. */
async function aboveRemote(sources: Sources, summary: SessionSummary): Promise<Ascent> {
  const { entrance } = summary;
  if (entrance?.kind !== 'remote') return { links: [], findings: [] };
  const opener = await sources.session(entrance.origin.session);
  if (opener === null) return { links: [personLink(summary, '')], findings: [] };
  for await (const { event } of sources.mentions(['request', entrance.origin.request])) {
    const { body } = event;
    if (event.session !== opener.id || body.type !== 'request.admitted') continue;
    return aboveRequest(sources, opener, { ...event, body });
  }
  return { links: [personLink(opener, '')], findings: [] };
}

/** Of a client outside of every guarded shell: the command by which it names itself, if there is one at that time. */
async function claimedCommand(
  sources: Sources,
  summary: SessionSummary,
  request: Requested,
): Promise<{ summary: SessionSummary; ran: Ran; others: number } | null> {
  const term = summary.entrance?.kind === 'api' ? claimedTerm(request.body.client) : null;
  if (term === null) return null;
  const found: { summary: SessionSummary; ran: Ran }[] = [];
  let left = MANY;
  for await (const { event } of sources.mentions(term)) {
    if (left-- <= 0 || event.at < request.at - 2 * WINDOW.after) break;
    const { body, at } = event;
    if (body.type !== 'command.decided' || !body.allowed) continue;
    if (at > request.at + WINDOW.skew || at < request.at - WINDOW.after) continue;
    const other = await sources.session(event.session);
    if (other === null || other.entrance?.kind === 'api' || !sameMachine(summary, other)) continue;
    const ran = ranIn(other, { ...event, body });
    if (runsKubectl(ran, term[1]!)) found.push({ summary: other, ran });
  }
  // A hook and the shell that it was for are one: what was executed says more.
  const executed = found.filter(({ summary: other }) => other.entrance?.kind !== 'cursor');
  const candidates = executed.length > 0 ? executed : found;
  const nearest = candidates[0];
  return nearest === undefined ? null : { ...nearest, others: candidates.length - 1 };
}

/** The session in which hooks told of a conversation. */
async function told(sources: Sources, conversation: string): Promise<SessionSummary | null> {
  for await (const { event } of sources.mentions(conversationTerm(conversation))) {
    const summary = await sources.session(event.session);
    if (summary?.entrance?.kind === 'cursor') return summary;
  }
  return null;
}

/** What a conversation tells, up to an event and what tells of its end. */
export async function talkOf(sources: Sources, { id }: SessionSummary, upTo: number): Promise<Talk> {
  const reader = new TalkReader();
  for await (const stored of sources.archive.events(id)) {
    reader.push(stored);
    if (stored.event.seq >= upTo) break;
  }
  return reader.talk;
}

function finding(code: Finding['code'], place: Place, { startedAt }: SessionSummary, text: string): Finding {
  return { ...momentOf(place, startedAt), code, text };
}
