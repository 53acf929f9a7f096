/**
 * Cursor's hooks.json: ours put into it and taken to be there. Pure. What others have in it stays.
 *
 *     {"version":1,"hooks":{"beforeShellExecution":[{"command":"…","type":"command","timeout":30,"failClosed":true}]}}
 *
 * One event that Cursor does not know voids the whole file without a word, so only those that it documents are named.
 * https://cursor.com/docs/agent/hooks
 */
import { z } from 'zod';
import { ChaperoneError } from '../../recorder/errors.ts';
import { HOOK_EVENTS } from './hook.ts';

const entry = z.looseObject({
  command: z.string(),
  type: z.string().optional(),
  timeout: z.number().optional(),
  failClosed: z.boolean().optional(),
  matcher: z.unknown().optional(),
});
const file = z.looseObject({ version: z.literal(1), hooks: z.record(z.string(), z.array(entry)) });

type Entry = z.infer<typeof entry>;
export type HooksFile = z.infer<typeof file>;

/** Ours are known by the program that they start. */
const OURS = /(^|[/"'])chaperone-hook(["']?\s|$)/;
/** Seconds for what is not waited for: it is stored in milliseconds. */
const AT_ONCE = 30;

export interface Wanted {
  /** Starts the hook; no URL may stand in it. */
  command: string;
  /** Seconds that a person may take; the hook has to outlive them. */
  longestApproval: number;
}

/** @throws ChaperoneError `USAGE` where it is no hooks.json */
export function parseHooksFile(text: string): HooksFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ChaperoneError('USAGE', `it is no JSON: ${(error as Error).message}`);
  }
  const found = file.safeParse(value);
  if (found.success) return found.data;
  const issue = found.error.issues[0];
  throw new ChaperoneError('USAGE', `${issue?.path.join('.') || 'it'}: ${issue?.message ?? 'is wrong'}`);
}

/** The file with our entries, in place of those of ours that it had. @param before null where there is none */
export function withOurs(before: HooksFile | null, wanted: Wanted): HooksFile {
  const others = Object.entries(before?.hooks ?? {}).map(
    ([event, entries]) => [event, entries.filter(({ command }) => !OURS.test(command))] as const,
  );
  const hooks: Record<string, Entry[]> = Object.fromEntries(
    others.filter(([, entries]) => entries.length > 0),
  );
  for (const event of Object.keys(HOOK_EVENTS)) hooks[event] = [ours(event, wanted), ...(hooks[event] ?? [])];
  return { ...before, version: 1, hooks };
}

/** What is wrong with a file that should hold ours, a line each; empty where nothing is. */
export function complaints({ hooks }: HooksFile, wanted: Wanted): string[] {
  const strange = Object.keys(hooks).filter((event) => !Object.hasOwn(HOOK_EVENTS, event));
  return [
    ...strange.map((event) => `${event} is no event that Cursor documents: it may void the whole file`),
    ...Object.keys(HOOK_EVENTS).flatMap((event) => complaintsOf(event, hooks[event] ?? [], wanted)),
  ];
}

function complaintsOf(event: string, entries: readonly Entry[], wanted: Wanted): string[] {
  const own = entries.filter(({ command }) => OURS.test(command));
  const [first] = own;
  if (first === undefined) return [`${event} has no hook of ours`];
  const right = ours(event, wanted);
  return [
    ...(own.length > 1 ? [`${event} has ${own.length} hooks of ours: each asks again`] : []),
    ...(first.failClosed === true
      ? []
      : [`${event} lets pass what its hook could not decide: failClosed is wanted`]),
    ...(first.matcher === undefined ? [] : [`${event} is asked about in part only: it has a matcher`]),
    ...(first.command === right.command
      ? []
      : [`${event} starts ${first.command}, and not ${right.command}`]),
    ...((first.timeout ?? 0) >= right.timeout!
      ? []
      : [`${event} gives up before a person has to decide: ${right.timeout} seconds are wanted`]),
  ];
}

function ours(event: string, { command, longestApproval }: Wanted): Entry {
  const asks = HOOK_EVENTS[event as keyof typeof HOOK_EVENTS] === 'permission';
  return { command, type: 'command', timeout: asks ? longestApproval + AT_ONCE : AT_ONCE, failClosed: true };
}
