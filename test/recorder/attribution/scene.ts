/** A conversation with Cursor's agent, guarded shells and requests, as drafts of a log. */
import { blame } from '../../../recorder/attribution/blame.ts';
import type { Chain } from '../../../recorder/attribution/chain.ts';
import type { BlameQuery } from '../../../recorder/attribution/query.ts';
import { Sources } from '../../../recorder/attribution/sources.ts';
import type { Draft, DraftBody } from '../../../recorder/audit/event.ts';
import type { Identity } from '../../../recorder/audit/identity.ts';
import type { Entrance } from '../../../recorder/audit/session.ts';
import { AuditLog } from '../../../recorder/log/audit-log.ts';
import { newData, sessionId } from '../log/sample.ts';

export const T = 1_700_000_000_000_000;
export const SECOND = 1_000_000;
export const [HOOKS, SHELL, API, POD] = [sessionId(1), sessionId(2), sessionId(3), sessionId(4)];
export const SCALE = 'kubectl scale deployment/web --replicas=3';

const ALLOW = { effect: 'allow', rule: 'r', reason: 'y', unjudged: false } as const;
const DENY = { effect: 'deny', rule: 'team/no', reason: 'Not from here.', unjudged: false } as const;

export function at(second: number, body: DraftBody): Draft {
  return { at: T + second * SECOND, body };
}

export function begin(
  more: { identity?: Partial<Identity>; entrance?: Entrance; command?: string[] } = {},
  second = 0,
): Draft {
  const { entrance, command = ['bash', '-i'] } = more;
  const identity: Identity = { user: 'agent', groups: [], proof: 'claimed', ...more.identity };
  const known = { identity, host: 'box', command, cwd: '/srv/shop', policy: 'p', agent: '0.1.0' };
  return at(second, { type: 'session.start', ...known, ...(entrance && { entrance }) });
}

/** The session of a conversation. */
export function conversation(name = 'c-1'): Draft {
  const entrance: Entrance = { kind: 'cursor', conversation: name, roots: ['/srv/shop'] };
  return begin({ identity: { conversation: name, proof: 'hook' }, entrance, command: [] });
}

export function hook(
  second: number,
  event: string,
  own: object,
  more: { generation?: string; path?: string } = {},
): Draft {
  const { generation = 'g-1', path } = more;
  return at(second, {
    ...{
      type: 'hook.received',
      hook: event,
      conversation: 'c-1',
      generation,
      model: 'm',
      email: 'ada@shop.example',
    },
    ...(path !== undefined && { path }),
    content: Buffer.from(JSON.stringify({ hook_event_name: event, ...own })),
  });
}

export function ran(
  second: number,
  line: string,
  more: { allowed?: boolean; cwd?: string; writes?: string[] } = {},
): Draft {
  const { allowed = true, cwd = '/srv/shop', writes } = more;
  const argv = line.split(' ');
  return at(second, {
    ...{ type: 'command.decided', line, cwd, unknown: [], allowed, decision: allowed ? ALLOW : DENY },
    commands: [{ program: argv[0]!, argv, via: [] }],
    ...(writes && { writes }),
  });
}

/** What Cursor tells of one command. */
export function announcement(second: number, line: string, allowed = true): Draft[] {
  return [
    hook(second, 'preToolUse', { tool_name: 'Shell', tool_input: { command: line } }),
    ran(second, line, { allowed }),
    hook(second, 'beforeShellExecution', { command: line, cwd: '/srv/shop' }),
  ];
}

let requests = 0;

/** A request and its answer. */
export function asked(
  second: number,
  { verb = 'patch', client = 'kubectl scale', before = 1, after = 3, more = {} }: Asked = {},
): Draft[] {
  const id = `6f1c7a52-0b5e-4c38-9a8e-${String(++requests).padStart(12, '0')}`;
  const request = {
    ...{ verb, group: 'apps', version: 'v1', resource: 'deployments', subresource: 'scale' },
    ...{ namespace: 'shop', name: 'web', path: '', ...more },
  };
  const uri = `/apis/apps/v1/namespaces/shop/deployments/web/scale`;
  const method = { get: 'GET', delete: 'DELETE', create: 'POST' }[verb] ?? 'PATCH';
  const replicas = verb === 'get' ? before : after;
  const { group, resource, namespace } = request;
  const answer = { kind: 'Scale', metadata: { name: 'web', uid: 'uid-web' }, spec: { replicas } };
  const object = { group, resource, namespace, name: 'web', uid: 'uid-web' };
  return [
    at(second, {
      ...{ type: 'request.admitted', id, method, uri, request, dryRun: false, unknown: [], allowed: true },
      client: { command: client },
      decision: ALLOW,
      ...(method !== 'GET' && { content: Buffer.from(JSON.stringify({ spec: { replicas } })) }),
    }),
    at(second, {
      ...{ type: 'request.ended', id, outcome: 'answered', status: 200, micros: 5 },
      ...(method !== 'GET' && { object }),
      content: Buffer.from(JSON.stringify(answer)),
    }),
  ];
}

interface Asked {
  verb?: string;
  client?: string;
  before?: number;
  after?: number;
  more?: object;
}

export async function logOf(
  t: { teardown(action: () => Promise<unknown>): void },
  sessions: Record<string, Draft[]>,
): Promise<AuditLog> {
  const log = await AuditLog.open({ data: newData() });
  t.teardown(() => log.close());
  for (const [id, drafts] of Object.entries(sessions)) await log.append(id, drafts);
  return log;
}

export async function chainsOf(log: AuditLog, query: BlameQuery, limit = 10): Promise<Chain[]> {
  return (await blame(new Sources(log, log), query, { limit, since: 0 })).chains;
}

/** `kind: text [proof, basis]`, a line each. */
export function told({ links }: Chain): string[] {
  return links.map(
    ({ kind, text, proof, basis, others }) =>
      `${kind}: ${text} [${proof}, ${basis}${others === undefined ? '' : `, or ${others} others`}]`,
  );
}

export const WEB = {
  kind: 'object',
  group: null,
  resource: 'deployments',
  namespace: 'shop',
  name: 'web',
} as const satisfies BlameQuery;
