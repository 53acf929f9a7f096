/** Tries a hole the way an agent would: real requests, read as the proxy reads them, under a policy that allows everything. */
import { stringify } from 'yaml';
import type { Json, KubeAction } from '../../../../sidecar/action.ts';
import { ALONE, type Surroundings } from '../../../../sidecar/policy/builtin-api/surroundings.ts';
import { decide } from '../../../../sidecar/policy/decide.ts';
import { PolicySet } from '../../../../sidecar/policy/policy-set.ts';
import { policySchema } from '../../../../sidecar/policy/schema.ts';
import { classify } from '../../../../sidecar/request/classify.ts';
import { understand } from '../../../../sidecar/request/understand.ts';
import { encodeProtobuf } from '../../request/body/protobuf.ts';

export type Fields = { [member: string]: Json };

export const INSTALLED: Surroundings = {
  namespace: 'chaperone',
  containers: ['chaperone'],
  volumes: ['chaperone-run', 'chaperone-token'],
  ports: [6443, 9464],
  serviceAccounts: [{ namespace: 'shop', name: 'agent' }],
  clusterScoped: ['widgets.example.com'],
};

const OPEN = policySchema.parse({
  apiVersion: 'chaperone.dev/v1alpha1',
  kind: 'AgentPolicy',
  metadata: { name: 'open' },
  spec: {
    defaults: { api: 'allow', unknown: 'allow' },
    api: [{ name: 'all', effect: 'allow', match: { verbs: ['*'] }, reason: 'Everything goes.' }],
  },
});

export interface Attempt {
  method: string;
  target: string;
  headers?: string[];
  type?: string;
  body?: string | Uint8Array;
}

export function actionOf({ method, target, headers = [], type, body = '' }: Attempt): KubeAction {
  const bytes = Buffer.from(body as string);
  const own =
    bytes.length === 0
      ? []
      : ['Content-Length', `${bytes.length}`, 'Content-Type', type ?? 'application/json'];
  const understood = understand(classify(method, target, [...headers, ...own]), bytes);
  const read = understood.body;
  const summary = { type: read?.type ?? '', bytes: bytes.length, sha256: '' };
  const kept = read && {
    summary,
    type: read.type,
    exact: read.forward,
    recorded: read.forward,
    object: read.object,
  };
  return { ...understood, id: '00000000-0000-4000-8000-000000000001', body: kept };
}

/** The rule that refuses it; `allowed` where none does. */
export function outcome(attempt: Attempt, surroundings: Surroundings = INSTALLED): string {
  const identity = { user: 'agent', groups: [], proof: 'signed' } as const;
  const { effect, rule } = decide(new PolicySet([OPEN], surroundings), actionOf(attempt), {
    ...identity,
    groups: [],
  });
  return effect === 'allow' ? 'allowed' : rule.replace('builtin/', '');
}

export const alone = (attempt: Attempt) => outcome(attempt, ALONE);

/** The same object, made in every encoding that the server takes. `target` is the collection's path. */
export function creations(target: string, object: Fields): Attempt[] {
  const name = String((object.metadata as Fields | undefined)?.name ?? 'x');
  const json = JSON.stringify(object);
  const made: Attempt[] = [
    { method: 'POST', target, type: 'application/json', body: json },
    { method: 'POST', target, type: 'application/yaml', body: stringify(object) },
    { method: 'PUT', target: `${target}/${name}`, type: 'application/json; charset=utf-8', body: json },
    {
      method: 'PATCH',
      target: `${target}/${name}?fieldManager=x`,
      type: 'application/apply-patch+yaml',
      body: stringify(object),
    },
    { method: 'PATCH', target: `${target}/${name}`, type: 'application/apply-patch+yaml', body: json },
    { method: 'POST', target: `${target}?dryRun=All`, type: 'application/json', body: json },
  ];
  if (!String(object.apiVersion).includes('example.com'))
    made.push({
      method: 'POST',
      target,
      type: 'application/vnd.kubernetes.protobuf',
      body: encodeProtobuf(object),
    });
  return made;
}

/** One value put at one place of an object that there is, in every kind of patch. `target` is the object's path. */
export function patches(target: string, path: readonly string[], value: Json): Attempt[] {
  const patch = (type: string, body: Json): Attempt => ({
    method: 'PATCH',
    target,
    type,
    body: JSON.stringify(body),
  });
  const whole = nested(path, value);
  return [
    patch('application/merge-patch+json', whole),
    patch('application/strategic-merge-patch+json', whole),
    patch('application/strategic-merge-patch+json', { ...(whole as Fields), $patch: 'replace' }),
    { method: 'PATCH', target, type: 'application/apply-patch+yaml', body: stringify(whole) },
    ...jsonPatches(target, path, value),
  ];
}

export function jsonPatches(target: string, path: readonly string[], value: Json): Attempt[] {
  const pointer = (length: number) =>
    path
      .slice(0, length)
      .map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`)
      .join('');
  const full = pointer(path.length);
  const own = path.map((_, length) => ({
    op: 'add',
    path: pointer(length),
    value: nested(path.slice(length), value),
  }));
  const operations: Json[] = [
    { op: 'add', path: full, value },
    { op: 'replace', path: full, value },
    { value, path: `ignored${full}`, op: 'add' },
    { op: 'copy', from: '/metadata/annotations/x', path: full },
    { op: 'move', from: '/metadata/annotations/x', path: full },
    ...own,
  ];
  const body = (list: Json[]) =>
    JSON.stringify([{ op: 'test', path: '/metadata/name', value: 'x' }, ...list]);
  return operations.map((one) => ({
    method: 'PATCH',
    target,
    type: 'application/json-patch+json',
    body: body([one]),
  }));
}

/** A number among the names is a place in a list. */
export function nested(path: readonly string[], value: Json): Json {
  return path.reduceRight<Json>((inner, key) => (/^\d+$|^-$/.test(key) ? [inner] : { [key]: inner }), value);
}

export function describe({ method, target, type = '', body = '' }: Attempt): string {
  return `${method} ${target} ${type} ${Buffer.from(body as string)
    .toString('latin1')
    .replace(/[^ -~]/g, '.')
    .slice(0, 160)}`;
}
