/**
 * What the field numbers of the built-in kinds mean. Pure.
 *
 * One line a message: `Name: number field type, …`. A type is a scalar in lower case, or a message of the same file, or
 * of another as `file.Name`; behind it `[]` for a list and `{}` for a map from text; in front of it `+` where its
 * members stand in the JSON of the outer message. `time`, `quantity`, `intOrString`, `duration`, `raw` and `strings` are
 * messages that JSON shows as a value of another kind.
 *
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding
 */
import { ADMISSIONREGISTRATION_V1 } from './schema/admissionregistration-v1.ts';
import { APPS_V1 } from './schema/apps-v1.ts';
import { AUTHENTICATION_V1 } from './schema/authentication-v1.ts';
import { AUTHORIZATION_V1 } from './schema/authorization-v1.ts';
import { AUTOSCALING_V1 } from './schema/autoscaling-v1.ts';
import { AUTOSCALING_V2 } from './schema/autoscaling-v2.ts';
import { BATCH_V1 } from './schema/batch-v1.ts';
import { CERTIFICATES_V1 } from './schema/certificates-v1.ts';
import { COORDINATION_V1 } from './schema/coordination-v1.ts';
import { CORE_V1 } from './schema/core-v1.ts';
import { DISCOVERY_V1 } from './schema/discovery-v1.ts';
import { EVENTS_V1 } from './schema/events-v1.ts';
import { META_V1 } from './schema/meta-v1.ts';
import { NETWORKING_V1 } from './schema/networking-v1.ts';
import { NODE_V1 } from './schema/node-v1.ts';
import { POLICY_V1 } from './schema/policy-v1.ts';
import { RBAC_V1 } from './schema/rbac-v1.ts';
import { SCHEDULING_V1 } from './schema/scheduling-v1.ts';
import { SCHEDULING_V1ALPHA3 } from './schema/scheduling-v1alpha3.ts';
import { STORAGE_V1 } from './schema/storage-v1.ts';

/** By `apiVersion`: the name that other files call it by, and its messages. */
const FILES = new Map<string, { name: string; text: string }>([
  ['v1', { name: 'core', text: CORE_V1 }],
  ['meta.k8s.io/v1', { name: 'meta', text: META_V1 }],
  ['apps/v1', { name: 'apps', text: APPS_V1 }],
  ['batch/v1', { name: 'batch', text: BATCH_V1 }],
  ['policy/v1', { name: 'policy', text: POLICY_V1 }],
  ['autoscaling/v1', { name: 'autoscaling', text: AUTOSCALING_V1 }],
  ['autoscaling/v2', { name: 'autoscaling2', text: AUTOSCALING_V2 }],
  ['admissionregistration.k8s.io/v1', { name: 'admissionregistration', text: ADMISSIONREGISTRATION_V1 }],
  ['authentication.k8s.io/v1', { name: 'authentication', text: AUTHENTICATION_V1 }],
  ['authorization.k8s.io/v1', { name: 'authorization', text: AUTHORIZATION_V1 }],
  ['certificates.k8s.io/v1', { name: 'certificates', text: CERTIFICATES_V1 }],
  ['coordination.k8s.io/v1', { name: 'coordination', text: COORDINATION_V1 }],
  ['discovery.k8s.io/v1', { name: 'discovery', text: DISCOVERY_V1 }],
  ['events.k8s.io/v1', { name: 'events', text: EVENTS_V1 }],
  ['networking.k8s.io/v1', { name: 'networking', text: NETWORKING_V1 }],
  ['node.k8s.io/v1', { name: 'node', text: NODE_V1 }],
  ['rbac.authorization.k8s.io/v1', { name: 'rbac', text: RBAC_V1 }],
  ['scheduling.k8s.io/v1', { name: 'scheduling', text: SCHEDULING_V1 }],
  ['scheduling.k8s.io/v1alpha3', { name: 'scheduling3', text: SCHEDULING_V1ALPHA3 }],
  ['storage.k8s.io/v1', { name: 'storage', text: STORAGE_V1 }],
]);

/** Kinds that every group takes, whatever it calls their version. */
const EVERYWHERE = new Set(['DeleteOptions', 'Status', 'WatchEvent']);
/** The same message under another version. */
const ALIASES = new Map([['policy/v1beta1 Eviction', 'policy/v1']]);

export interface FieldType {
  name: string;
  /** A scalar, or `file.Name`. */
  type: string;
  shape: 'one' | 'list' | 'map';
  /** Its members stand in the outer message. */
  inline: boolean;
}

export type Message = ReadonlyMap<number, FieldType>;

/** The full name of a kind's message; null where it is not known. */
export function messageOf(apiVersion: string, kind: string): string | null {
  if (EVERYWHERE.has(kind)) return `meta.${kind}`;
  const file = FILES.get(ALIASES.get(`${apiVersion} ${kind}`) ?? apiVersion);
  const name = file === undefined ? '' : `${file.name}.${kind}`;
  return messages().has(name) ? name : null;
}

/** @param name as {@link messageOf} and {@link FieldType.type} give it */
export function fieldsIn(name: string): Message {
  const known = messages().get(name);
  if (known === undefined) throw new Error(`no message ${name}`);
  return typeof known === 'string' ? parse(name, known) : known;
}

let table: Map<string, string | Message> | null = null;

/** Lines by full name, each parsed when it is first asked for. */
function messages(): Map<string, string | Message> {
  if (table !== null) return table;
  table = new Map();
  for (const { name, text } of FILES.values()) {
    for (const line of text.trim().split('\n')) {
      const colon = line.indexOf(':');
      table.set(`${name}.${line.slice(0, colon)}`, line.slice(colon + 1));
    }
  }
  return table;
}

function parse(name: string, line: string): Message {
  const file = name.slice(0, name.indexOf('.'));
  const fields = new Map<number, FieldType>();
  for (const [, number, field, plus, base, suffix] of line.matchAll(
    /(\d+) (\w+) (\+?)([\w.]+)(\[\]|\{\})?/g,
  )) {
    const type = /^[A-Z]/.test(base!) ? `${file}.${base}` : base!;
    const shape = suffix === '[]' ? 'list' : suffix === '{}' ? 'map' : 'one';
    fields.set(Number(number), { name: field!, type, shape, inline: plus === '+' });
  }
  messages().set(name, fields);
  return fields;
}
