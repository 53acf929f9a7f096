/**
 * AgentPolicy as a CustomResourceDefinition, from the one schema. The API server takes structural schemas only, so what
 * they cannot say is left to who reads the policy: patterns that are a text or an expression, names of labels, and all
 * that the JSON Schema leaves out as well. Members that are not known are refused by `kubectl` (field validation is
 * strict there) and dropped by the API server for who asks for less.
 *
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */
import { stringify } from 'yaml';
import { z } from 'zod';
import { isObject } from '../../recorder/json.ts';
import { API_VERSION, KIND, policySchema } from './schema.ts';

const [GROUP = '', VERSION = ''] = API_VERSION.split('/');
const PLURAL = 'agentpolicies';

/** As YAML, for `kubectl apply` and for the chart. */
export function policyCrdText(): string {
  return `# Made by \`chaperone policy schema --of crd\`.\n${stringify(policyCrd(), { lineWidth: 0, aliasDuplicateObjects: false })}`;
}

export function policyCrd(): object {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${PLURAL}.${GROUP}` },
    spec: {
      group: GROUP,
      names: { kind: KIND, listKind: `${KIND}List`, plural: PLURAL, singular: KIND.toLowerCase() },
      scope: 'Cluster',
      versions: [
        {
          ...{ name: VERSION, served: true, storage: true },
          schema: { openAPIV3Schema: object() },
        },
      ],
    },
  };
}

function object(): Structural {
  const spec = z.toJSONSchema(policySchema.shape.spec, { reused: 'inline', io: 'input' });
  return {
    type: 'object',
    description: 'What an agent may do, what a person is asked about, and what is refused.',
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      // The API server knows what is in it; a policy is named as its rules are.
      metadata: { type: 'object', properties: { name: { type: 'string', maxLength: NAME_LENGTH } } },
      spec: structural(spec),
    },
  };
}

const NAME_LENGTH = z.toJSONSchema(policySchema.shape.metadata.shape.name).maxLength;

type Schema = z.core.JSONSchema.BaseSchema;

/** A node of a structural schema. */
interface Structural {
  type?: string;
  properties?: Record<string, Structural>;
  [keyword: string]: unknown;
}

/** Keywords that mean the same in both. */
const KEPT = [
  ...[
    'description',
    'enum',
    'format',
    'pattern',
    'required',
    'minItems',
    'maxItems',
    'minLength',
    'maxLength',
  ],
  ...['minimum', 'maximum', 'minProperties'],
] as const;
/** Keywords that only say what a node without them says here: unknown members are refused or dropped in any case. */
const IMPLIED = ['$schema', 'additionalProperties', 'propertyNames'] as const;
const READ = ['type', 'const', 'anyOf', 'properties', 'items'] as const;
const KNOWN = new Set<string>([...KEPT, ...IMPLIED, ...READ]);

function structural(schema: Schema): Structural {
  const strange = Object.keys(schema).filter((keyword) => !KNOWN.has(keyword));
  if (strange.length > 0) throw new RangeError(`${strange.join(', ')} has no place in a structural schema`);
  const kept = Object.fromEntries(KEPT.flatMap((key) => (key in schema ? [[key, schema[key]]] : [])));
  if (schema.anyOf !== undefined) return { ...kept, 'x-kubernetes-preserve-unknown-fields': true };
  return {
    ...kept,
    type: String(schema.type),
    ...(schema.const !== undefined && { enum: [schema.const] }),
    ...(schema.properties !== undefined && {
      properties: Object.fromEntries(
        Object.entries(schema.properties).map(([key, one]) => [key, structural(one as Schema)]),
      ),
    }),
    ...(isSchema(schema.additionalProperties) && {
      additionalProperties: structural(schema.additionalProperties),
    }),
    ...(isSchema(schema.items) && list(schema.items)),
  };
}

/** Rules are told apart by their names, of which a list then holds each once. */
function list(items: Schema): Structural {
  const isNamed = items.required?.includes('name') === true;
  const keyed = { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] };
  return { items: structural(items), ...(isNamed && keyed) };
}

function isSchema(value: unknown): value is Schema {
  return isObject(value) && Object.keys(value).length > 0;
}
