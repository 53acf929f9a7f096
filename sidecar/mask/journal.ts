/** Whatever is about to be stored passes here: known values in the words of events are masked before they are committed. */
import type { ApprovalEvent } from '../../recorder/approvals/approval.ts';
import type { AskedFor } from '../../recorder/audit/approval.ts';
import type { ApprovalMark } from '../../recorder/audit/decision.ts';
import type { Draft, DraftBody } from '../../recorder/audit/event.ts';
import type { Entrance } from '../../recorder/audit/session.ts';
import type { SessionId } from '../../recorder/audit/units.ts';
import type { Journal } from '../../recorder/log/ports.ts';
import type { StreamMask } from './stream.ts';
import type { Vault } from './vault.ts';

/** Sessions whose output is followed. */
const MAX_FOLLOWED = 1000;

export class MaskedJournal implements Journal {
  readonly #journal: Journal;
  readonly #vault: Vault;
  readonly #output: boolean;
  readonly #streams = new Map<string, StreamMask>();

  /**
   * @param options `output`: mask the output of sessions here, which comes from somewhere where the values are not
   *   known. All of an append is stored at once: a value that two of them share is masked from the second on.
   */
  constructor(journal: Journal, vault: Vault, { output = false } = {}) {
    this.#journal = journal;
    this.#vault = vault;
    this.#output = output;
  }

  append(session: SessionId, drafts: readonly Draft[]): Promise<void> {
    return this.#journal.append(
      session,
      drafts.map(({ at, body }) => ({ at, body: this.#masked(session, body) })),
    );
  }

  #masked(session: SessionId, body: DraftBody): DraftBody {
    if (body.type === 'session.input') {
      return { ...body, content: this.#shown(`${session} input`, body.content) };
    }
    if (this.#output && body.type === 'session.output') {
      return { ...body, content: this.#shown(`${session} ${body.stream ?? ''}`, body.content) };
    }
    return masked(body, this.#vault);
  }

  #shown(stream: string, content: Uint8Array): Uint8Array {
    const mask = this.#streams.get(stream) ?? this.#vault.stream();
    this.#streams.delete(stream);
    this.#streams.set(stream, mask);
    const [oldest] = this.#streams.keys();
    if (this.#streams.size > MAX_FOLLOWED && oldest !== undefined) this.#streams.delete(oldest);
    const [now, held] = [mask.push(content).record, mask.release().record];
    return held.length === 0 ? now : Buffer.concat([now, held]);
  }
}

/** An event of an approval as it is stored: what is shown of it before it is read from the log is no more than that. */
export function maskedApproval<T extends ApprovalEvent>(body: T, vault: Vault): T {
  return masked(body as DraftBody, vault) as T;
}

function wholly(content: Uint8Array, vault: Vault): Uint8Array {
  const mask = vault.stream();
  return Buffer.concat([mask.push(content).record, mask.release().record]);
}

/**
 * The words of who was guarded, and of what answered it. Who it was, which verb, resource and name, which program and
 * what was decided stay readable whatever is known: an agent must not be able to hide what it does by making it a
 * value of a Secret first. What flows (output, bodies) is masked where it flows.
 */
function masked(body: DraftBody, vault: Vault): DraftBody {
  const { text } = vault;
  const error = (said: string | undefined) => (said === undefined ? {} : { error: text(said) });
  switch (body.type) {
    case 'session.start':
      return { ...body, command: body.command.map(text), ...maskedEntrance(body.entrance, text) };
    case 'command.decided':
      return {
        ...body,
        ...maskedCommand(body, text),
        ...(body.writes !== undefined && { writes: body.writes.map(text) }),
        ...maskedMark(body.approval, text),
      };
    case 'approval.requested': {
      const asked = maskedAsked(body.asked, text);
      // The body of a request is masked where it is read.
      const given = asked.kind === 'tool' && body.content !== undefined;
      return { ...body, asked, ...(given && { content: wholly(body.content!, vault) }) };
    }
    case 'approval.voted':
      return body.comment === undefined ? body : { ...body, comment: text(body.comment) };
    case 'tool.decided': {
      const { server, path, cwd, unknown, content } = body;
      return {
        ...body,
        ...{ server: text(server), path: text(path), cwd: text(cwd), unknown: unknown.map(text) },
        ...(content !== undefined && { content: wholly(content, vault) }),
        ...maskedMark(body.approval, text),
      };
    }
    case 'hook.received':
      return {
        ...body,
        content: wholly(body.content, vault),
        ...(body.path !== undefined && { path: text(body.path) }),
      };
    case 'request.admitted': {
      const { client, unknown } = body;
      const claims = Object.fromEntries(Object.entries(client).map(([name, said]) => [name, text(said)]));
      return {
        ...body,
        uri: text(body.uri),
        client: claims,
        unknown: unknown.map(text),
        ...maskedMark(body.approval, text),
      };
    }
    case 'session.end':
    case 'request.ended':
    case 'connection.closed':
      return { ...body, ...error(body.error) };
    case 'session.file':
      return { ...body, path: text(body.path) };
    case 'approval.returned':
      return { ...body, reason: text(body.reason) };
    case 'session.input':
    case 'session.output':
    case 'identity.proven':
    case 'session.resize':
    case 'connection.opened':
    case 'request.answer':
    case 'approval.effect':
    case 'approval.settled':
    case 'approval.used':
    case 'approval.revoked':
    case 'policy.loaded':
    case 'policy.rejected':
    case 'access.login':
    case 'access.logout':
    case 'access.viewed':
    case 'access.refused':
    case 'access.offboarded':
    case 'gap':
      return body;
  }
}

function maskedEntrance(
  entrance: Entrance | undefined,
  text: (text: string) => string,
): { entrance?: Entrance } {
  if (entrance?.kind !== 'launcher') return {};
  const { wrapper } = entrance;
  const masked = wrapper && { wrapper: { ...wrapper, line: text(wrapper.line) } };
  return { entrance: { ...entrance, parent: text(entrance.parent), ...masked } };
}

type Said = Pick<Extract<DraftBody, { type: 'command.decided' }>, 'line' | 'commands' | 'unknown'>;

function maskedCommand({ line, commands, unknown }: Said, text: (text: string) => string): Said {
  return {
    line: text(line),
    commands: commands.map((command) => ({ ...command, argv: command.argv.map(text) })),
    unknown: unknown.map(text),
  };
}

function maskedAsked(asked: AskedFor, text: (text: string) => string): AskedFor {
  switch (asked.kind) {
    case 'command':
      return { ...asked, ...maskedCommand(asked, text) };
    case 'request':
      return { ...asked, uri: text(asked.uri), unknown: asked.unknown.map(text) };
    case 'tool': {
      const { server, path, cwd, unknown } = asked;
      return {
        ...asked,
        ...{ server: text(server), path: text(path), cwd: text(cwd), unknown: unknown.map(text) },
      };
    }
  }
}

/** What an approver said. */
function maskedMark(
  approval: ApprovalMark | undefined,
  text: (text: string) => string,
): { approval?: ApprovalMark } {
  if (approval?.comment === undefined) return {};
  return { approval: { ...approval, comment: text(approval.comment) } };
}
