/** asciicast v3: times are since the event before. Spec: https://docs.asciinema.org/manual/asciicast/v3/ */
import type { Micros } from '../audit/units.ts';
import { isObject } from '../json.ts';
import { type Decoder, type Encoder, type Event, type Header, invalid } from './cast.ts';
import { eventLine, parseEventLine } from './event.ts';
import { commonAttributes, dimension, environment, headerLine, present, tags, text, theme } from './json.ts';

/**
 * An interval is the difference of two rounded absolute times, never a rounded difference: what one
 * interval loses the next one gains, and a million of them still add up to the last event's time.
 */
export function v3Encoder(): Encoder {
  let last: Micros = 0;
  return {
    header: (header) => headerLine(headerFields(header)),
    event(event) {
      const time = Math.max(last, Math.round(event.time));
      const interval = time - last;
      last = time;
      return eventLine(interval, event);
    },
  };
}

export function v3Decoder(): Decoder {
  let last: Micros = 0;
  return {
    header: readHeader,
    event(line): Event | null {
      if (line.startsWith('#') || line.trim() === '') return null;
      const { micros, at } = parseEventLine(line);
      last += micros;
      return at(last);
    },
  };
}

function headerFields(header: Header): Record<string, unknown> {
  return {
    version: 3,
    term: {
      cols: header.cols,
      rows: header.rows,
      type: header.termType,
      version: header.termVersion,
      theme: header.theme,
    },
    timestamp: header.timestamp,
    idle_time_limit: header.idleTimeLimit,
    command: header.command,
    title: header.title,
    env: header.env,
    tags: header.tags,
  };
}

function readHeader(fields: Record<string, unknown>): Header {
  if (fields.version !== 3) throw invalid('not an asciicast v3');
  const term = fields.term;
  if (!isObject(term)) throw invalid('term must be an object');
  return {
    cols: dimension(term, 'cols', 'cols'),
    rows: dimension(term, 'rows', 'rows'),
    ...commonAttributes(fields),
    ...present({
      // early v3 files name the type in env, as v2 does
      termType: text(term, 'type') ?? environment(fields).get('TERM'),
      termVersion: text(term, 'version'),
      theme: theme(term.theme),
      tags: tags(fields),
    }),
  };
}
