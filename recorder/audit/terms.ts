/**
 * What an event speaks of that somebody may ask about later: objects of the cluster, UIDs, files, command lines,
 * conversations. The store keeps an index by these terms. Pure.
 */
import { type AuditEvent, isRoutine } from './event.ts';
import type { ClientClaims, RequestInfo } from './request.ts';

/** Each kind has its own letter, so that nothing of one is ever found as another. */
export type Term = readonly [
  kind: 'object' | 'uid' | 'request' | 'file' | 'below' | 'line' | 'kubectl' | 'conversation',
  ...string[],
];

/** Requests that change nothing by themselves and are written all the same: they run something in a pod, or reach it. */
const CONNECTS = new Set(['exec', 'attach', 'portforward', 'ephemeralcontainers']);
const READS = new Set(['get', 'list', 'watch', 'head', 'options']);

/** Whether a request is one that blame is about: it changes an object, or runs something in one. */
export function isChange({ verb, resource, subresource }: RequestInfo): boolean {
  if (resource === '') return false;
  return CONNECTS.has(subresource) || !READS.has(verb);
}

/** Terms of an event, without repetition. */
export function termsOf({ body }: Pick<AuditEvent, 'body'>): Term[] {
  switch (body.type) {
    case 'session.start': {
      const { entrance, identity } = body;
      const told = entrance?.kind === 'cursor' ? entrance.conversation : identity.conversation;
      const given = givenTo(body.command);
      return [
        ...(told === undefined || told === '' ? [] : [conversationTerm(told)]),
        ...(given === null ? [] : [lineTerm(given)]),
      ];
    }
    case 'command.decided':
      if (isRoutine(body)) return [];
      return unique([
        lineTerm(body.line),
        ...body.commands.map(({ argv }) => kubectlTerm(argv)).filter((term) => term !== null),
        ...(body.writes ?? []).map(fileTerm),
      ]);
    case 'tool.decided':
      return body.use === 'edit' && body.path !== '' ? [['file', body.path]] : [];
    case 'hook.received':
      return body.path === undefined ? [] : [['file', body.path]];
    case 'session.file':
      return body.path === '' ? [] : [['file', body.path]];
    case 'request.admitted': {
      const { request, dryRun } = body;
      if (dryRun || !isChange(request)) return [];
      const named = claimedTerm(body.client);
      return [['request', body.id], ...objectTerms(request), ...(named === null ? [] : [named])];
    }
    case 'request.ended':
      return body.object === undefined ? [] : [['uid', body.object.uid], ...objectTerms(body.object)];
    default:
      return [];
  }
}

/** In its namespace, and wherever it is. An empty name is the collection. */
function objectTerms({
  resource,
  namespace,
  name,
}: Pick<RequestInfo, 'resource' | 'namespace' | 'name'>): Term[] {
  return [objectTerm(resource, name, namespace), objectTerm(resource, name, null)];
}

/** @param namespace null for any */
export function objectTerm(resource: string, name: string, namespace: string | null): Term {
  return namespace === null ? ['object', resource, name] : ['object', resource, name, namespace];
}

export function lineTerm(line: string): Term {
  return ['line', line.trim()];
}

export function conversationTerm(conversation: string): Term {
  return ['conversation', conversation];
}

/** By what kubectl says of itself, e.g. `kubectl rollout restart`. */
export function claimedTerm({ command }: ClientClaims): Term | null {
  return kubectlTerm(command?.split(' ') ?? []);
}

/** The words that a shell was started with (`bash -c WORDS`); null for any other command. */
export function givenTo(command: readonly string[]): string | null {
  const at = command.findIndex((word) => /^-[a-zA-Z]*c$/.test(word));
  const isShell = /(^|\/)-?(ba|z|da|k)?sh$/.test(command[0] ?? '');
  return isShell && at > 0 ? (command[at + 1] ?? null) : null;
}

/** Options of kubectl that stand before its verb and take a word. https://kubernetes.io/docs/reference/kubectl/kubectl/ */
const WITH_VALUE =
  /^(-n|-s|-v|--(as|as-group|as-uid|cache-dir|certificate-authority|client-certificate|client-key|cluster|context|kubeconfig|namespace|password|profile|profile-output|request-timeout|server|tls-server-name|token|user|username|v|vmodule))$/;

/** What kubectl calls itself in its requests (`Kubectl-Command`): by it a request finds its command. */
export function kubectlTerm(argv: readonly string[]): Term | null {
  if (!/(^|\/)kubectl[^/]*$/.test(argv[0] ?? '')) return null;
  for (let at = 1; at < argv.length; at++) {
    const word = argv[at]!;
    if (WITH_VALUE.test(word)) at += 1;
    else if (!word.startsWith('-')) return ['kubectl', word];
  }
  return null;
}

/** By its path; where that is a glob, by the directory in front of it. */
export function fileTerm(path: string): Term {
  const plain = path.replace(/\\(.)/g, '$1');
  const special = /(?<!\\)[*?[]/.exec(path);
  if (special === null) return ['file', plain];
  const before = path.slice(0, special.index).replace(/\\(.)/g, '$1');
  return ['below', before.slice(0, before.lastIndexOf('/')) || '/'];
}

/** All under which a path may have been written. */
export function termsOfFile(path: string): Term[] {
  const parts = path.split('/').filter(Boolean).slice(0, MOST_PARTS);
  const above = parts.map((_, at) => `/${parts.slice(0, at).join('/')}`);
  return [['file', path], ...above.map((directory): Term => ['below', directory])];
}

/** As deep as paths are looked for. */
const MOST_PARTS = 64;

function unique(terms: readonly Term[]): Term[] {
  const known = new Map(terms.map((term) => [JSON.stringify(term), term]));
  return [...known.values()];
}
