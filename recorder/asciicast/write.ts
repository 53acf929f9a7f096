/** Writes a recording in either version. */
import type { Encoder, Event, Header, Version } from './cast.ts';
import { v2Encoder } from './v2.ts';
import { v3Encoder } from './v3.ts';

export function castEncoder(version: Version): Encoder {
  return version === 2 ? v2Encoder() : v3Encoder();
}

/** The lines of a recording, each with its end. */
export function* writeCast(version: Version, header: Header, events: Iterable<Event>): Generator<string> {
  const encoder = castEncoder(version);
  yield encoder.header(header);
  for (const event of events) yield encoder.event(event);
}
