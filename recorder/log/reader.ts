/** Reading a session: its runs say where in the log its events stand; a window of them is read at a time. */
import { type AuditEvent, contentOf } from '../audit/event.ts';
import type { SessionId } from '../audit/units.ts';
import { ChaperoneError } from '../errors.ts';
import { type Context, extend, groupedBack, unpack } from '../store/content.ts';
import { decodeRun, KEYS, numberIn, RANGES } from '../store/keys.ts';
import { eventIn } from '../store/leaf.ts';
import type { Reader } from '../store/store.ts';
import type { StoredEvent } from './ports.ts';
import { decodeTail, type Tail } from './tail.ts';

/** Events and bytes of content that are in memory at once. */
const WINDOW_EVENTS = 256;
const WINDOW_BYTES = 4 << 20;

/** What to read of a session: the events [from, to), and whether with their content. */
interface Part {
  from: number;
  to: number;
  content?: boolean;
}

/** Events of a session. */
export async function* readEvents(
  store: Reader,
  session: SessionId,
  part: Part,
): AsyncGenerator<StoredEvent> {
  let context: Context | null = null;
  for await (const { event, value } of readStored(store, session, part)) {
    const ref = contentOf(event);
    if (ref === null || value === undefined) {
      yield { event, content: null };
      continue;
    }
    const back = groupedBack(value);
    if (event.body.type === 'session.output' && context?.start !== event.seq - back) {
      context = back === 0 ? null : await contextBefore(store, event, back);
    }
    const bytes = unpack(value, ref, context);
    if (bytes === null) throw corrupt(`the content of event ${event.seq} of session ${session} is damaged`);
    if (event.body.type === 'session.output')
      context = extend(back === 0 ? null : context, { bytes, seq: event.seq });
    yield { event, content: bytes };
  }
}

/** What a group said before `event`, where reading begins in the middle of it. */
export async function contextBefore(
  store: Reader,
  { session, seq }: AuditEvent,
  back: number,
): Promise<Context | null> {
  let context: Context | null = null;
  for await (const { event, value } of readStored(store, session, { from: seq - back, to: seq })) {
    const ref = contentOf(event);
    if (event.body.type !== 'session.output' || ref === null || value === undefined) continue;
    const bytes = unpack(value, ref, context);
    if (bytes === null) return null;
    context = extend(context, { bytes, seq: event.seq });
  }
  return context;
}

/** Events with their content as it is stored. */
async function* readStored(
  store: Reader,
  session: SessionId,
  { from, to, content = true }: Part,
): AsyncGenerator<{ event: AuditEvent; value: Uint8Array | undefined }> {
  let window: number[] = [];
  for await (const index of indices(store, session, from, to)) {
    window.push(index);
    if (window.length < WINDOW_EVENTS) continue;
    yield* readWindow(store, session, window, content);
    window = [];
  }
  yield* readWindow(store, session, window, content);
}

/** Where in the log the events [from, to) of a session stand: its closed runs say, and for the last one its tail. */
export async function* indices(
  store: Reader,
  session: SessionId,
  from: number,
  to: number,
): AsyncGenerator<number> {
  if (from >= to) return;
  for await (const { seq, index, count } of runs(store, session, from)) {
    for (let i = Math.max(0, from - seq); i < count && seq + i < to; i++) yield index + i;
    if (seq + count >= to) return;
  }
}

/** The runs of a session from the one that holds event `from`. */
async function* runs(store: Reader, session: SessionId, from: number): AsyncGenerator<Tail['run']> {
  const tail = await store.get(KEYS.session(session));
  const last = tail === undefined ? null : decodeTail(tail).run;
  let start = from;
  const upTo = { ...RANGES.runs(session), to: KEYS.run(session, from + 1) };
  for await (const { key } of store.entries({ ...upTo, reverse: true, limit: 1 })) start = numberIn(key);
  for await (const { key, value } of store.entries(RANGES.runs(session, start))) {
    yield { seq: numberIn(key), ...decodeRun(value) };
  }
  if (last !== null) yield last;
}

async function* readWindow(store: Reader, session: SessionId, window: number[], content: boolean) {
  const values = await store.getMany(window.map(KEYS.event));
  const events = values.map((value, i) => {
    if (value === undefined)
      throw corrupt(`event ${window[i]} of the log, of session ${session}, is missing`);
    return decodeStored(value);
  });
  if (!content) {
    for (const event of events) yield { event, value: undefined };
    return;
  }
  for (let i = 0; i < events.length; ) {
    const end = fill(events, i);
    yield* withContent(store, events.slice(i, end), window.slice(i, end));
    i = end;
  }
}

/** How far the content of the events from `start` on fits into memory; at least one. */
function fill(events: AuditEvent[], start: number): number {
  let bytes = 0;
  let end = start;
  while (end < events.length && (end === start || bytes < WINDOW_BYTES)) {
    bytes += contentOf(events[end]!)?.bytes ?? 0;
    end += 1;
  }
  return end;
}

async function* withContent(store: Reader, events: AuditEvent[], window: number[]) {
  const wanted = window.filter((_, i) => contentOf(events[i]!) !== null);
  const values = await store.getMany(wanted.map(KEYS.content));
  let next = 0;
  for (const event of events) yield { event, value: contentOf(event) === null ? undefined : values[next++] };
}

/** @throws ChaperoneError `STORE_CORRUPT` */
export function decodeStored(value: Uint8Array): AuditEvent {
  try {
    return eventIn(value);
  } catch (cause) {
    throw new ChaperoneError('STORE_CORRUPT', `a stored event is damaged: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function corrupt(message: string): ChaperoneError {
  return new ChaperoneError('STORE_CORRUPT', `${message}: run verify`);
}
