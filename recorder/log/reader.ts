/** Reading a session: its runs say where in the log its events stand; a window of them is read at a time. */
import { decodeEvent } from '../audit/decode.ts';
import type { AuditEvent, ContentRef, SessionId } from '../audit/event.ts';
import { ChaperoneError } from '../errors.ts';
import { decodeContent } from '../store/content.ts';
import { decodeRun, KEYS, numberIn, RANGES } from '../store/keys.ts';
import type { Store } from '../store/store.ts';
import type { StoredEvent } from './ports.ts';

/** Events and bytes of content that are in memory at once. */
const WINDOW_EVENTS = 256;
const WINDOW_BYTES = 4 << 20;

/** The events [from, to) of a session. */
export async function* readEvents(
  store: Store,
  session: SessionId,
  { from, to }: { from: number; to: number },
): AsyncGenerator<StoredEvent> {
  let window: number[] = [];
  for await (const index of indices(store, session, from, to)) {
    window.push(index);
    if (window.length < WINDOW_EVENTS) continue;
    yield* readWindow(store, session, window);
    window = [];
  }
  yield* readWindow(store, session, window);
}

/** Where in the log the events [from, to) of a session stand. */
async function* indices(store: Store, session: SessionId, from: number, to: number): AsyncGenerator<number> {
  if (from >= to) return;
  const upTo = { ...RANGES.runs(session), to: KEYS.run(session, from + 1) };
  let start = from;
  for await (const { key } of store.entries({ ...upTo, reverse: true, limit: 1 })) start = numberIn(key);
  for await (const { key, value } of store.entries(RANGES.runs(session, start))) {
    const seq = numberIn(key);
    const run = decodeRun(value);
    for (let i = Math.max(0, from - seq); i < run.count && seq + i < to; i++) yield run.index + i;
    if (seq + run.count >= to) return;
  }
}

async function* readWindow(store: Store, session: SessionId, window: number[]): AsyncGenerator<StoredEvent> {
  const values = await store.getMany(window.map(KEYS.event));
  const events = values.map((value, i) => {
    if (value === undefined)
      throw corrupt(`event ${window[i]} of the log, of session ${session}, is missing`);
    return decodeStored(value);
  });
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

async function* withContent(
  store: Store,
  events: AuditEvent[],
  window: number[],
): AsyncGenerator<StoredEvent> {
  const wanted = window.filter((_, i) => contentOf(events[i]!) !== null);
  const values = await store.getMany(wanted.map(KEYS.content));
  let next = 0;
  for (const event of events) {
    const ref = contentOf(event);
    const value = ref === null ? undefined : values[next++];
    yield { event, content: ref === null || value === undefined ? null : decodeContent(value, ref) };
  }
}

export function contentOf({ body }: AuditEvent): ContentRef | null {
  return body.type === 'session.output' || body.type === 'session.input' ? body.content : null;
}

/** @throws ChaperoneError `STORE_CORRUPT` */
export function decodeStored(value: Uint8Array): AuditEvent {
  try {
    return decodeEvent(value);
  } catch (cause) {
    throw new ChaperoneError('STORE_CORRUPT', `a stored event is damaged: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function corrupt(message: string): ChaperoneError {
  return new ChaperoneError('STORE_CORRUPT', `${message}: run verify`);
}
