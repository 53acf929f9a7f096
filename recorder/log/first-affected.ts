/** Which event a damaged table has cost first, told from what can still be read of the store. */
import { type AuditEvent, contentOf } from '../audit/event.ts';
import type { SessionId } from '../audit/units.ts';
import { decodeRun, KEYS, numberIn, paddedNumber } from '../store/keys.ts';
import { eventIn } from '../store/leaf.ts';
import type { FileFault } from '../store/leveldb-files.ts';
import { readableEntries } from '../store/leveldb-salvage.ts';
import type { Entry } from '../store/store.ts';
import { decodeTail } from './tail.ts';

export interface Affected {
  /** Its number in the log. */
  index: number;
  what: 'event' | 'content';
  session?: SessionId;
  seq?: number;
  /** Where what says whose it was is lost with it: the event right before it in the log. */
  behind?: Place;
}

interface Place {
  session: SessionId;
  seq: number;
}

interface Span {
  from: number;
  to: number;
}

/** The first content behind a gap in them is looked for within so many events. */
const CONTENT_SPAN = 1 << 16;
const [CONTENT, EVENT, RUN, SESSION] = [...'clrs'].map((kind) => kind.charCodeAt(0));

/** @param signed how many events there must be at least */
export async function firstAffected(
  directory: string,
  faults: readonly FileFault[],
  signed: number,
  signal?: AbortSignal,
): Promise<Affected | null> {
  const survey = new Survey(faults.flatMap(contentSpan));
  const wants = (from: Uint8Array, to: Uint8Array) => survey.wants(from, to);
  for await (const entry of readableEntries(directory, { wants, signal })) survey.see(entry);
  const content = survey.firstContent();
  const index = survey.firstEvent(signed);
  if (index === null || (content !== null && content.index < index)) return content;
  let behind: Place | null = null;
  for await (const entry of readableEntries(directory, { wants: holdsPlaces, signal })) {
    const whose = ownerOf(entry, index);
    if (whose !== null) return { index, what: 'event', ...whose };
    behind ??= placeOf(entry, index - 1);
  }
  return { index, what: 'event', ...(behind && { behind }) };
}

class Survey {
  readonly #spans: readonly Span[];
  /** Events that are there, as ranges without overlap or neighbours, by their end. */
  readonly #events = new Map<number, Span>();
  readonly #contents = new Set<number>();
  readonly #expected: Affected[] = [];

  constructor(spans: readonly Span[]) {
    this.#spans = spans;
  }

  /** Most blocks hold nothing but content, and need not be read. */
  wants(from: Uint8Array, to: Uint8Array): boolean {
    if (from[0] !== CONTENT || to[0] !== CONTENT) return true;
    const [first, last] = [paddedNumber(from), paddedNumber(to)];
    return this.#spans.some((span) => first <= span.to && last >= span.from);
  }

  see({ key, value }: Entry): void {
    if (key.length !== KEYS.event(0).length) return;
    const index = numberIn(key);
    if (key[0] === CONTENT && this.#inSpan(index)) this.#contents.add(index);
    if (key[0] !== EVENT) return;
    const before = this.#events.get(index);
    this.#events.delete(index);
    this.#events.set(index + 1, { from: before?.from ?? index, to: index + 1 });
    if (this.#inSpan(index)) this.#expectContent(index, value);
  }

  /** The first event that is not there, or null. */
  firstEvent(signed: number): number | null {
    let size = 0;
    for (const { from, to } of [...this.#events.values()].sort((a, b) => a.from - b.from)) {
      if (from > size) return size;
      size = Math.max(size, to);
    }
    return size < signed ? size : null;
  }

  firstContent(): Affected | null {
    const missing = this.#expected.filter(({ index }) => !this.#contents.has(index));
    return missing.sort((a, b) => a.index - b.index)[0] ?? null;
  }

  #inSpan(index: number): boolean {
    return this.#spans.some(({ from, to }) => index >= from && index <= to);
  }

  #expectContent(index: number, value: Uint8Array): void {
    const event = decode(value);
    if (event === null || contentOf(event) === null) return;
    this.#expected.push({ index, what: 'content', session: event.session, seq: event.seq });
  }
}

/** The events whose content may have been in what is damaged. */
function contentSpan({ keys }: FileFault): Span[] {
  if (keys === undefined || kindOf(keys.from) > CONTENT! || kindOf(keys.to) < CONTENT!) return [];
  // What stands before all contents may begin the block that the first of them are in.
  const from = keys.from[0] === CONTENT ? paddedNumber(keys.from) : 0;
  const to = keys.to[0] === CONTENT ? paddedNumber(keys.to) : Number.POSITIVE_INFINITY;
  return [{ from, to: Math.min(to, from + CONTENT_SPAN) }];
}

function holdsPlaces(from: Uint8Array, to: Uint8Array): boolean {
  return kindOf(to) >= EVENT! && kindOf(from) <= SESSION!;
}

/** A kind is the first letter of its keys. */
function kindOf(key: Uint8Array): number {
  return key[0] ?? 0;
}

/** The session and the seq of the event at `index`, if this record is that event. */
function placeOf({ key, value }: Entry, index: number): Place | null {
  if (key[0] !== EVENT || key.length !== KEYS.event(0).length || numberIn(key) !== index) return null;
  const event = decode(value);
  return event && { session: event.session, seq: event.seq };
}

/** Null where somebody who knows the format has altered it: that is not what is looked for here. */
function decode(value: Uint8Array): AuditEvent | null {
  try {
    return eventIn(value);
  } catch {
    return null;
  }
}

/** Whose event stands at `index`, if this record says so. */
function ownerOf({ key, value }: Entry, index: number): Place | null {
  const run = runIn(key, value);
  if (run === null || index < run.index || index >= run.index + run.count) return null;
  return { session: run.session, seq: run.seq + index - run.index };
}

function runIn(key: Uint8Array, value: Uint8Array) {
  const text = Buffer.from(key).toString('latin1', 1);
  if (key[0] === RUN) return { session: text.split('\0', 1)[0]!, seq: numberIn(key), ...decodeRun(value) };
  if (key[0] !== SESSION) return null;
  try {
    return { session: text, ...decodeTail(value).run };
  } catch {
    return null;
  }
}
