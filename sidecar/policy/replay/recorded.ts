/**
 * From a recorded decision back to the action that was judged, as far as the record tells. Pure.
 *
 * Where it leaves something open there are several actions that it may have been (`worlds`): a policy's decision is
 * known where it is the same in all of them.
 */
import type { CommandSummary } from '../../../recorder/audit/decision.ts';
import type { AuditEvent, BodyOf } from '../../../recorder/audit/event.ts';
import type { SessionSummary } from '../../../recorder/log/ports.ts';
import type { Action, CommandAction, Json, KubeAction, RemotePlace, ToolAction } from '../../action.ts';
import { summarise } from '../../action.ts';
import { analyse } from '../../command/analyse.ts';
import { carriesMask } from '../../mask/marker.ts';
import { decodeBody } from '../../request/body/decode.ts';
import { classify } from '../../request/classify.ts';
import type { MediaType } from '../../request/media-type.ts';
import { Unfit } from '../../request/refusal.ts';
import { mayScale } from '../../request/scale/replicas.ts';

/** Why a decision cannot be made again, closed. */
export const MISSING = {
  masked: 'words in it are masked',
  context: 'it depends on what came before it in its session',
  body: 'it depends on a body that was not kept whole',
  replicas: 'it depends on its effect on replicas, which is not recorded',
  home: 'it depends on the home directory, which is not recorded',
  unfit: 'no policy was asked about it',
} as const;

export type Missing = keyof typeof MISSING;

export type Recorded =
  | {
      worlds: readonly Action[];
      /** What is open where the worlds are decided differently. */
      open: Missing;
      /** True where the body would be needed to be sure of an answer that the rules are not sure of. */
      bodyless: boolean;
    }
  | { missing: Missing };

export type DecidedBody = BodyOf<'command.decided' | 'request.admitted' | 'tool.decided'>;

/** The events that hold decisions. */
export function isDecided(body: AuditEvent['body']): body is DecidedBody {
  return body.type === 'command.decided' || body.type === 'request.admitted' || body.type === 'tool.decided';
}

/** What is known beside the event. */
export interface Beside {
  session: SessionSummary;
  /** The home directory of who ran it; null where that is not known. */
  home: string | null;
  /** What was kept of a body; undefined where nobody has looked. */
  content?: Uint8Array | null;
}

export function recorded(body: DecidedBody, beside: Beside): Recorded {
  if (body.decision.rule.startsWith('builtin/unfit-')) return { missing: 'unfit' };
  switch (body.type) {
    case 'command.decided':
      return commandOf(body, beside);
    case 'request.admitted':
      return requestOf(body, beside);
    case 'tool.decided':
      return toolOf(body, beside);
  }
}

function commandOf(body: BodyOf<'command.decided'>, { session, home }: Beside): Recorded {
  const { line, cwd, commands, unknown } = body;
  if (isMasked(line) || isMasked(cwd)) return { missing: 'masked' };
  const remote = remoteOf(session);
  const shell = shellOf(session);
  const beside = {
    ...(body.context !== undefined && { context: body.context }),
    ...(shell !== null && { shell }),
    ...(remote !== null && { remote }),
  };
  const understood = (known: string | null): CommandAction => ({
    ...analyse(line, { cwd, ...(known !== null && { home: known }) }),
    ...beside,
  });
  const [first, ...others] = homes(session, home);
  const world = understood(first);
  // Where it does not name its home it is understood the same in each of them; rules may still mean it.
  const named = /~|HOME/.test(line);
  const worlds = [world, ...others.map((other) => (named ? understood(other) : { ...world, home: other }))];
  // It was judged in a session: what came before it there (variables, functions, the rest of its line) is not known here.
  const same = (named ? worlds : [world]).every(
    (one) => sameCommands(one, commands) && sameUnknown(one, unknown),
  );
  return same ? { worlds, open: 'home', bodyless: false } : { missing: 'context' };
}

/** The known one; in a pod none was known at the time either; else the usual one, and one somewhere else. */
function homes(
  { identity, entrance }: SessionSummary,
  home: string | null,
): [first: string | null, ...others: string[]] {
  if (entrance?.kind === 'api' || entrance?.kind === 'remote') return [null];
  if (home !== null) return [home];
  return [identity.user === 'root' ? '/root' : `/home/${identity.user}`, '/var/lib/elsewhere'];
}

function shellOf({ command }: SessionSummary): 'bash' | 'zsh' | null {
  const program = command[0]?.split('/').at(-1);
  return program === 'bash' || program === 'zsh' ? program : null;
}

/** Whether it had a terminal is in the session's record; whether it had an input is not, and no input is rare. */
function remoteOf({ entrance, terminal }: SessionSummary): RemotePlace | null {
  if (entrance?.kind !== 'remote' || entrance.subresource === 'portforward') return null;
  const { subresource: kind, namespace, pod, container } = entrance;
  return { kind, namespace, pod, container, stdin: true, tty: terminal !== undefined };
}

function sameCommands({ commands }: CommandAction, was: readonly CommandSummary[]): boolean {
  return (
    commands.length === was.length &&
    commands.map(summarise).every((one, place) => {
      const { program, argv, via } = was[place]!;
      return one.program === program && sameWords(one.argv, argv) && sameWords(one.via, via);
    })
  );
}

function sameWords(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((word, place) => word === b[place]);
}

function sameUnknown({ unknown }: CommandAction, was: readonly string[]): boolean {
  return unknown.map(({ message }) => message).join('\n') === was.join('\n');
}

const NOTHING = new Uint8Array();

function requestOf(body: BodyOf<'request.admitted'>, { content }: Beside): Recorded {
  const { id, method, uri, request, dryRun, client, unknown, decision } = body;
  if (isMasked(uri)) return { missing: 'masked' };
  const parameters = parametersOf(method, uri);
  if (parameters === null) return { missing: 'unfit' };
  const object = objectOf(body, content);
  const bare: Omit<KubeAction, 'scales'> = {
    kind: 'request',
    ...{ id, method, uri, request, parameters, dryRun, client, unknown },
    body: bodyOf(body, object),
    ...(decision.rule === 'builtin/no-impersonation' && { impersonates: true }),
  };
  const effects = mayScale({ request, dryRun }) ? (['yes', 'no'] as const) : (['no'] as const);
  const worlds = effects.map((scales): KubeAction => ({ ...bare, scales }));
  return { worlds, open: 'replicas', bodyless: body.body !== undefined && object === null };
}

/** What is recorded may be in another encoding than it was sent in; no decision asks for that. */
function bodyOf({ body: summary }: BodyOf<'request.admitted'>, object: Json | null): KubeAction['body'] {
  return summary === undefined
    ? null
    : { summary, type: summary.type, exact: NOTHING, recorded: NOTHING, object };
}

function parametersOf(method: string, uri: string): KubeAction['parameters'] | null {
  try {
    return classify(method, uri, []).parameters;
  } catch (error) {
    if (error instanceof Unfit) return null;
    throw error;
  }
}

function objectOf({ body }: BodyOf<'request.admitted'>, content: Uint8Array | null | undefined): Json {
  if (body === undefined || !content || body.cut !== undefined || body.withheld !== undefined) return null;
  try {
    // What was masked is stored as JSON.
    const type = body.masked ? 'application/json' : (body.type as MediaType);
    return decodeBody(type, content).object;
  } catch {
    return null;
  }
}

function toolOf(body: BodyOf<'tool.decided'>, { home, content }: Beside): Recorded {
  const { use, tool, server, path, cwd, unknown } = body;
  if ([server, path, cwd].some(isMasked)) return { missing: 'masked' };
  const input = body.content === undefined ? null : inputOf(content);
  const action: ToolAction = {
    kind: 'tool',
    ...{ use, tool, server, path, input, cwd, unknown },
    recorded: new Uint8Array(),
    ...(home !== null && { home }),
  };
  return { worlds: [action], open: 'body', bodyless: input === undefined };
}

function inputOf(content: Uint8Array | null | undefined): Json | undefined {
  if (!content || carriesMask(content)) return undefined;
  try {
    return JSON.parse(Buffer.from(content).toString('utf8')) as Json;
  } catch {
    return undefined;
  }
}

/** A value of a Secret stands as that many asterisks in words, see sidecar/mask: four is the least that is masked. */
function isMasked(text: string): boolean {
  return text.includes('[chaperone-masked:') || text.includes('****');
}
