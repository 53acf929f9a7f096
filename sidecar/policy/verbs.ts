/**
 * The verbs that a request is judged by: the API server's own, and what it comes to, whatever the method and the
 * subresource are called. A policy that refuses `delete` means eviction too.
 */
import type { KubeAction } from '../action.ts';

export interface JudgedVerb {
  verb: string;
  /** False where only the server could tell. */
  certain: boolean;
}

const READS = new Set(['get', 'list', 'watch']);
const METHODS_THAT_READ = new Set(['get', 'head', 'options']);
/** Answers a question, although it is a POST: https://kubernetes.io/docs/reference/access-authn-authz/authorization/ */
const REVIEWS =
  /^(selfsubjectaccessreviews|selfsubjectrulesreviews|selfsubjectreviews|subjectaccessreviews|localsubjectaccessreviews|tokenreviews)$/;
const STARTS_PROGRAMS = new Set(['pods/exec', 'pods/attach', 'pods/ephemeralcontainers', 'nodes/proxy']);

export function verbsOf(action: Pick<KubeAction, 'request' | 'scales'>): readonly JudgedVerb[] {
  const { verb, resource, subresource } = action.request;
  const what = subresource === '' ? resource : `${resource}/${subresource}`;
  const verbs = [verb, ...meant(verb, what)];
  const known = [...new Set(verbs)].map((name) => ({ verb: name, certain: true }));
  if (known.some((one) => one.verb === 'scale') || !isWrite(action)) return known;
  if (subresource === 'scale' || action.scales === 'yes') return [...known, { verb: 'scale', certain: true }];
  return action.scales === 'unknown' ? [...known, { verb: 'scale', certain: false }] : known;
}

function meant(verb: string, what: string): string[] {
  const verbs = [];
  if (verb === 'deletecollection' || (verb === 'create' && what === 'pods/eviction')) verbs.push('delete');
  if (STARTS_PROGRAMS.has(what)) verbs.push('exec');
  if (what === 'pods/portforward') verbs.push('portforward');
  verbs.push(reads(verb, what) ? 'read' : 'write');
  return verbs;
}

/** exec is a GET over WebSocket and a POST over SPDY: neither only reads. */
function reads(verb: string, what: string): boolean {
  if (what === '') return METHODS_THAT_READ.has(verb);
  if (STARTS_PROGRAMS.has(what) || what === 'pods/portforward' || what.endsWith('/proxy')) return false;
  return READS.has(verb) || (verb === 'create' && REVIEWS.test(what));
}

function isWrite({ request: { verb, resource } }: Pick<KubeAction, 'request'>): boolean {
  return resource !== '' && !READS.has(verb) && verb !== 'delete' && verb !== 'deletecollection';
}
