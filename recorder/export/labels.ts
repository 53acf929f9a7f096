/** One line of text for what a recording shows beside its output: decisions, gaps, removed content. */
import type { AskedFor } from '../audit/approval.ts';
import type { ApprovalMark } from '../audit/decision.ts';
import type { BodyOf } from '../audit/event.ts';
import type { RequestInfo } from '../audit/request.ts';
import type { Entrance } from '../audit/session.ts';
import { UNPRINTABLE } from '../unprintable.ts';

const MAX_LABEL = 240;
const BLANK = new RegExp(`[\\s\\u0000-\\u001f${UNPRINTABLE}]+`, 'g');

/** E.g. `refused: rm -rf / (baseline/no-recursive-delete)`. */
export function decisionLabel(body: BodyOf<'command.decided'>): string {
  return verdictLabel(body, body.line);
}

/** E.g. `refused: edit /etc/passwd (baseline/no-account-files)`. */
export function toolLabel(body: BodyOf<'tool.decided'>): string {
  return verdictLabel(body, toolText(body));
}

function verdictLabel(
  { allowed, decision }: Pick<BodyOf<'command.decided'>, 'allowed' | 'decision'>,
  what: string,
): string {
  const verdict = !allowed ? 'refused' : decision.unjudged ? 'unjudged' : 'allowed';
  return `${verdict}: ${oneLine(what)} (${oneLine(decision.rule)})`;
}

/** What an agent does with a tool of its own, e.g. `call search of https://tools.example` or `edit /etc/passwd`. */
export function toolText({
  use,
  tool,
  server,
  path,
}: Pick<BodyOf<'tool.decided'>, 'use' | 'tool' | 'server' | 'path'>): string {
  if (use === 'mcp') return `call ${tool || 'a tool'} of ${server || 'an unnamed server'}`;
  if (use === 'call') return `call ${tool || 'a tool'}`;
  return `${use} ${path || 'an unknown file'}`;
}

/** What a person is asked to let happen, in one line. Not made safe to show. */
export function askedText(asked: AskedFor): string {
  switch (asked.kind) {
    case 'command':
      return asked.line;
    case 'request':
      return `${requestText(asked.request)}${asked.dryRun ? ' (dry run)' : ''}`;
    case 'tool':
      return toolText(asked);
  }
}

/** What became of it where a person was asked: `approved by reviewer (go)`. */
export function approvalText({ state, by, comment }: ApprovalMark): string {
  const who = by.length === 0 ? '' : ` by ${by.join(', ')}`;
  return `${state}${who}${comment === undefined ? '' : ` (${comment})`}`;
}

/** What a request asks for, e.g. `delete pods/exec shop/web`. */
export function requestText({ verb, resource, subresource, namespace, name, path }: RequestInfo): string {
  const what = resource === '' ? path : [resource, subresource].filter(Boolean).join('/');
  return oneLine(`${verb} ${what} ${[namespace, name].filter(Boolean).join('/')}`);
}

/** Agents whose wrappers the launcher knows. */
export const AGENTS = { cursor: 'Cursor', claude: 'Claude Code', gemini: 'Gemini CLI' } as const;

/** What a session is, in words: its command line; for another entrance, what came in there. Not made safe to print. */
export function sessionTitle({
  command,
  entrance,
}: {
  command: readonly string[];
  entrance?: Entrance | undefined;
}): string {
  const line = command.join(' ');
  if (entrance === undefined) return line;
  if (entrance.kind === 'launcher') return entrance.wrapper?.line ?? line;
  if (entrance.kind === 'api') return `Kubernetes API of ${entrance.server}`;
  if (entrance.kind === 'cursor') return `Cursor conversation ${entrance.conversation || 'without an id'}`;
  const { subresource, namespace, pod, container } = entrance;
  const verb = subresource === 'portforward' ? 'port-forward' : subresource;
  const where = [namespace, pod, container].filter(Boolean).join('/');
  return line === '' ? `${verb} ${where}` : `${verb} ${where} -- ${line}`;
}

export function requestLabel({ allowed, decision, request }: BodyOf<'request.admitted'>): string {
  const verdict = !allowed ? 'refused' : decision.unjudged ? 'unjudged' : 'allowed';
  return `${verdict}: ${requestText(request)} (${oneLine(decision.rule)})`;
}

export function fileLabel({ direction, path, bytes, cut }: BodyOf<'session.file'>): string {
  const how = `${direction === 'to' ? 'in' : 'out'}${cut ? ' in part' : ''}`;
  return `copied ${how}: ${oneLine(path)} (${bytes} bytes)`;
}

export function gapLabel(body: BodyOf<'gap'>): string {
  const { events, bytes } = body.lost ?? {};
  const lost = [
    events === undefined ? [] : [`${events} events`],
    bytes === undefined ? [] : [`${bytes} bytes`],
  ].flat();
  return `gap: ${oneLine(body.reason)}${lost.length > 0 ? ` (lost ${lost.join(', ')})` : ''}`;
}

export function removedLabel(body: BodyOf<'session.output' | 'session.input'>): string {
  const what = body.type === 'session.output' ? 'output' : 'input';
  return `${what} removed by retention: ${body.content.bytes} bytes`;
}

export function failureLabel(body: BodyOf<'session.end'>): string {
  return `${body.reason}: ${oneLine(body.error ?? '')}`;
}

/** Safe to print on one line of a terminal: runs of blanks and controls are one space, what is long is cut. */
export function oneLine(text: string, limit = MAX_LABEL): string {
  const line = text
    .slice(0, 8 * limit)
    .replace(BLANK, ' ')
    .trim()
    .toWellFormed();
  const characters = Array.from(line);
  if (characters.length <= limit && text.length <= 8 * limit) return line;
  return `${characters.slice(0, limit - 1).join('')}…`;
}
