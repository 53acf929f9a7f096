/** What a human is asked on an action, and the digest of exactly that: an approval is for it and for nothing else. Pure. */
import { createHash } from 'node:crypto';
import type { Asking, Terms } from '../recorder/approvals/asking.ts';
import type { AskedFor } from '../recorder/audit/approval.ts';
import type { Decision } from '../recorder/audit/decision.ts';
import type { Identity } from '../recorder/audit/identity.ts';
import type { SessionId } from '../recorder/audit/units.ts';
import { type Action, type CommandAction, type KubeAction, summarise, type ToolAction } from './action.ts';

export interface Question {
  session: SessionId;
  /** See `Asking`. */
  origin?: SessionId;
  identity: Identity;
  action: Action;
  decision: Decision;
  terms: Terms;
  /** Digests of the files that it names: what is in them is part of what runs. */
  files: readonly string[];
}

/** @returns null for what nobody can be asked about: the shell's own prompt and completion */
export function askingFor({
  session,
  origin,
  identity,
  action,
  decision,
  terms,
  files,
}: Question): Asking | null {
  const { rule, reason } = decision;
  const asked = askedFor(action);
  if (asked === null) return null;
  return {
    ...{ session, ...(origin !== undefined && { origin }), requester: identity, asked, rule, reason, terms },
    digest: digestOf(action, files),
    ...given(action),
  };
}

/** What it brings along. */
function given(action: Action): Pick<Asking, 'body' | 'effect'> {
  switch (action.kind) {
    case 'command':
      return {};
    case 'tool':
      return action.recorded.length === 0 ? {} : { body: { content: action.recorded } };
    case 'request': {
      const { body, effect } = action;
      return {
        ...(body !== null && { body: { summary: body.summary, content: body.recorded } }),
        ...(effect && effect.shown !== null && { effect: effect.shown }),
      };
    }
  }
}

function askedFor(action: Action): AskedFor | null {
  switch (action.kind) {
    case 'command': {
      const { line, cwd, commands, unknown, context } = action;
      if (context !== undefined) return null;
      return {
        ...{ kind: 'command', line, cwd },
        commands: commands.map(summarise),
        unknown: unknown.map(({ message }) => message),
      };
    }
    case 'request': {
      const { method, uri, request, dryRun, unknown, effect } = action;
      const would = effect === undefined ? {} : { effect: effect.summary };
      return { kind: 'request', method, uri, request, dryRun, unknown: [...unknown], ...would };
    }
    case 'tool': {
      const { use, tool, server, path, cwd, unknown } = action;
      return { kind: 'tool', use, tool, server, path, cwd, unknown: [...unknown] };
    }
  }
}

function exactly(action: Action): object {
  switch (action.kind) {
    case 'command':
      return exactCommand(action);
    case 'request':
      return exactRequest(action);
    case 'tool':
      return exactTool(action);
  }
}

function exactCommand({ line, cwd, home, shell, remote, commands }: CommandAction): object {
  const words = commands.map(({ argv, env, redirections }) => ({ argv, env, redirections }));
  return { kind: 'command', line, cwd, home, shell, remote, commands: words };
}

/** The same for a remote command over WebSocket (GET) and SPDY (POST): kubectl tries the one and then the other. */
function exactRequest({ method, request, parameters, dryRun, body, effect }: KubeAction): object {
  const { group, version, resource, subresource, namespace, name, path } = request;
  const remote = /^(exec|attach|portforward)$/.test(subresource);
  return {
    ...{ kind: 'request', verb: remote ? subresource : request.verb, method: remote ? '' : method },
    request: { group, version, resource, subresource, namespace, name, path },
    parameters,
    dryRun,
    body: body === null ? null : createHash('sha256').update(body.exact).digest('hex'),
    effect: effect?.exact,
  };
}

function exactTool({ use, tool, server, path, cwd, recorded }: ToolAction): object {
  const input = createHash('sha256').update(recorded).digest('hex');
  return { kind: 'tool', use, tool, server, path, cwd, input };
}

/** Of exactly this: members stand in the order in which they are written above, so that one action has one text. */
export function digestOf(action: Action, files: readonly string[]): string {
  const exact = exactly(action);
  return createHash('sha256').update(JSON.stringify({ exact, files })).digest('hex');
}
