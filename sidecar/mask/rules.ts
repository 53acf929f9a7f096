/** Which values of which objects are masked: those of Secrets, and what a policy names. Pure. */
import type { RequestInfo } from '../../recorder/audit/request.ts';
import { TOKEN_SECRETS } from '../request/token-secrets.ts';
import type { MaskedFor } from './marker.ts';
import { parsePath, type Segment } from './path.ts';

export interface MaskRule extends MaskedFor {
  segments: readonly Segment[];
  /** Only in objects whose `type` is one of these. */
  types?: ReadonlySet<string>;
  /** How the value is written: as it is, in base64, or as the JSON of an object that the same rules are for. */
  written: 'text' | 'base64' | 'object';
}

/** A path that a policy names, and the resources that it is for. */
export interface PathRule extends MaskRule {
  concerns(request: RequestInfo): boolean;
}

/** What the policies that apply to somebody say. */
export interface Masking {
  secrets: MaskedFor;
  paths: readonly PathRule[];
  /** Bytes that a value has to have to be looked for elsewhere. */
  minLength: number;
}

const SECRET_PATHS: readonly Pick<MaskRule, 'segments' | 'written'>[] = [
  { segments: parsePath('data'), written: 'base64' },
  { segments: parsePath('stringData'), written: 'text' },
];
/** What `kubectl apply` keeps: the object as it was given. */
const LAST_APPLIED = parsePath('metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"]');
/** A token that was asked for: https://kubernetes.io/docs/reference/kubernetes-api/authentication-resources/token-request-v1/ */
const TOKEN_PATHS: typeof SECRET_PATHS = [{ segments: parsePath('status.token'), written: 'text' }];
/** Tokens that somebody wants to have reviewed. */
const REVIEW_PATHS: typeof SECRET_PATHS = [{ segments: parsePath('spec.token'), written: 'text' }];

/** The rules for the objects that a request brings or asks for; none where nothing in them is masked. */
export function rulesFor(request: RequestInfo, { secrets, paths }: Masking): MaskRule[] {
  const named = paths.filter((path) => path.concerns(request));
  const builtIn = secrets.record || secrets.agent ? builtInPaths(request) : [];
  const rules: MaskRule[] = [
    ...builtIn.map((path) => ({ ...path, ...secrets })),
    ...tokenRules(request),
    ...named,
  ];
  if (rules.length === 0) return [];
  const views = { record: rules.some(({ record }) => record), agent: rules.some(({ agent }) => agent) };
  return [...rules, { segments: LAST_APPLIED, written: 'object', ...views }];
}

/** Whatever a policy says: the server's own credentials are seen by nobody. */
function tokenRules({ group, resource }: RequestInfo): MaskRule[] {
  if (group !== '' || resource !== 'secrets') return [];
  return SECRET_PATHS.map((path) => ({ ...path, types: TOKEN_SECRETS, record: true, agent: true }));
}

function builtInPaths({ group, resource, subresource }: RequestInfo): typeof SECRET_PATHS {
  if (group === '' && resource === 'secrets') return SECRET_PATHS;
  if (group === '' && resource === 'serviceaccounts' && subresource === 'token') return TOKEN_PATHS;
  if (group === 'authentication.k8s.io' && resource === 'tokenreviews') return REVIEW_PATHS;
  return [];
}
