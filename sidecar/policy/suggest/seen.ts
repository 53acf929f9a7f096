/** What was allowed in recordings, at the level of verbs and programs, with the evidence for it. Pure, flat memory. */
import type { CommandSummary, ToolUse } from '../../../recorder/audit/decision.ts';
import type { BodyOf } from '../../../recorder/audit/event.ts';
import { operandsOf } from '../../command/grammar/subcommand.ts';
import type { DecidedBody } from '../replay/recorded.ts';

/** One thing that a rule can allow. */
export type Key =
  /** `verb` is empty where the program has none, or where one was computed: then it is the whole program. */
  | { kind: 'command'; program: string; verb: string }
  | { kind: 'request'; verb: string; group: string; resource: string; path: string }
  | { kind: 'tool'; use: ToolUse; tool: string; server: string };

export interface Evidence {
  key: Key;
  count: number;
  first: number;
  last: number;
  /** The session of the last. */
  session: string;
  /** Rules of the policy in force that allowed it. */
  allowedBy: Set<string>;
}

/** What else happened than what is listed. */
const MAX_KEYS = 10_000;

/** Programs whose first operand says what they do. */
const WITH_VERBS: ReadonlySet<string> = new Set([
  ...[
    'git',
    'kubectl',
    'helm',
    'docker',
    'podman',
    'npm',
    'pnpm',
    'yarn',
    'cargo',
    'go',
    'pip',
    'pip3',
    'uv',
  ],
  ...['apt', 'apt-get', 'brew', 'dnf', 'yum', 'apk', 'systemctl', 'gh', 'glab', 'terraform', 'tofu', 'aws'],
  ...['gcloud', 'az', 'poetry', 'bundle', 'mvn', 'gradle', 'dotnet', 'rustup', 'make', 'just'],
]);

export class Seen {
  readonly #seen = new Map<string, Evidence>();
  /** Things that were left out because there were too many. */
  overflow = 0;

  add(key: Key, at: number, session: string, allowedBy: readonly string[]): void {
    const name = nameOf(key);
    const known = this.#seen.get(name);
    if (known === undefined) {
      if (this.#seen.size >= MAX_KEYS) this.overflow += 1;
      else
        this.#seen.set(name, { key, count: 1, first: at, last: at, session, allowedBy: new Set(allowedBy) });
      return;
    }
    known.count += 1;
    known.first = Math.min(known.first, at);
    if (at >= known.last) Object.assign(known, { last: at, session });
    for (const rule of allowedBy) known.allowedBy.add(rule);
  }

  /** Leaves it out of what is suggested; what was known of it. */
  take(key: Key): Evidence | undefined {
    const name = nameOf(key);
    const known = this.#seen.get(name);
    this.#seen.delete(name);
    return known;
  }

  /** The most frequent first. */
  all(): Evidence[] {
    return [...this.#seen.values()].sort(
      (a, b) => b.count - a.count || (nameOf(a.key) < nameOf(b.key) ? -1 : 1),
    );
  }
}

function nameOf(key: Key): string {
  return Object.values(key).join('\0');
}

/** All that has to be allowed for this to be allowed. */
export function keysOf(body: DecidedBody): Key[] {
  switch (body.type) {
    case 'command.decided':
      return body.commands.map(commandKey);
    case 'request.admitted':
      return [requestKey(body)];
    case 'tool.decided':
      return [{ kind: 'tool', use: body.use, tool: body.tool, server: body.server }];
  }
}

/** In a summary a word that was computed is a question mark. */
const COMPUTED = '?';

function commandKey({ program, argv }: CommandSummary): Key {
  const words = argv.map((word) => (word === COMPUTED ? null : word));
  const [verb] = WITH_VERBS.has(program) ? operandsOf(program, words) : [];
  const isVerb = verb !== undefined && verb !== null && /^[\w:.-]+$/.test(verb);
  return { kind: 'command', program, verb: isVerb ? verb : '' };
}

function requestKey({ request }: BodyOf<'request.admitted'>): Key {
  const { verb, group, resource, subresource, path } = request;
  const what = subresource === '' ? resource : `${resource}/${subresource}`;
  return { kind: 'request', verb, group, resource: what, path };
}
