/** Types of a `when` expression, and what there is to ask about for each kind of rule. */

export type Type =
  | 'bool'
  | 'int'
  | 'uint'
  | 'double'
  | 'string'
  | 'bytes'
  | 'null'
  | 'timestamp'
  | 'duration'
  /** Only the value tells. */
  | 'dyn'
  | { list: Type }
  /** By text. */
  | { map: Type }
  /** A member with a question mark may be absent, and `has` asks about it. */
  | { members: Readonly<Record<string, Type>> };

export type RuleKind = 'commands' | 'api' | 'exec' | 'tools';

const TEXTS: Type = { list: 'string' };

const IDENTITY: Type = {
  members: {
    user: 'string',
    groups: TEXTS,
    proof: 'string',
    'conversation?': 'string',
    'pod?': {
      members: {
        namespace: 'string',
        name: 'string',
        serviceAccount: 'string',
        labels: { map: 'string' },
      },
    },
  },
};

const COMMAND: Type = {
  members: {
    line: 'string',
    cwd: 'string',
    program: 'string',
    argv: TEXTS,
    env: TEXTS,
    via: TEXTS,
    hosts: TEXTS,
    capabilities: TEXTS,
    paths: { members: { reads: TEXTS, writes: TEXTS, deletes: TEXTS, changes: TEXTS } },
  },
};

const REQUEST: Type = {
  members: {
    verb: 'string',
    verbs: TEXTS,
    group: 'string',
    version: 'string',
    resource: 'string',
    subresource: 'string',
    namespace: 'string',
    name: 'string',
    path: 'string',
    dryRun: 'bool',
  },
};

const EXEC: Type = {
  members: {
    kind: 'string',
    namespace: 'string',
    pod: 'string',
    container: 'string',
    stdin: 'bool',
    tty: 'bool',
  },
};

const TOOL: Type = {
  members: { use: 'string', name: 'string', server: 'string', path: 'string', cwd: 'string', input: 'dyn' },
};

const EVERYWHERE = { identity: IDENTITY, now: 'timestamp' } as const;

export const VARIABLES: Readonly<Record<RuleKind, Readonly<Record<string, Type>>>> = {
  commands: { ...EVERYWHERE, command: COMMAND },
  api: { ...EVERYWHERE, request: REQUEST, object: 'dyn', oldObject: 'dyn' },
  exec: { ...EVERYWHERE, exec: EXEC },
  tools: { ...EVERYWHERE, tool: TOOL },
};

/** How a message names a type. */
export function shown(type: Type): string {
  if (typeof type === 'string') return type;
  if ('list' in type) return `list of ${shown(type.list)}`;
  return 'map' in type ? `map to ${shown(type.map)}` : 'an object';
}

/** True where a value can be of both. */
export function agree(a: Type, b: Type): boolean {
  if (a === 'dyn' || b === 'dyn') return true;
  if (typeof a === 'string' || typeof b === 'string') return a === b || a === 'null' || b === 'null';
  if ('list' in a || 'list' in b) return 'list' in a && 'list' in b && agree(a.list, b.list);
  return true;
}
