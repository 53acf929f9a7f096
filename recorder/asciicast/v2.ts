/** asciicast v2: times are since the start. Spec: https://docs.asciinema.org/manual/asciicast/v2/ */
import type { Micros } from '../audit/units.ts';
import { type Decoder, type Encoder, type Event, type Header, invalid } from './cast.ts';
import { eventLine, parseEventLine } from './event.ts';
import { commonAttributes, dimension, environment, headerLine, present, seconds, theme } from './json.ts';

/** An exit status is written too: v2 does not name `x`, but its readers ignore what they do not know. */
export function v2Encoder(): Encoder {
  let last: Micros = 0;
  return {
    header: (header) => headerLine(headerFields(header)),
    event(event) {
      last = Math.max(last, Math.round(event.time));
      return eventLine(last, event);
    },
  };
}

export function v2Decoder(): Decoder {
  let last: Micros = 0;
  return {
    header: readHeader,
    event(line): Event | null {
      if (line.trim() === '') return null;
      const { micros, at } = parseEventLine(line);
      // a recorder whose clock stepped back wrote a smaller time: play it at once, as players do
      last = Math.max(last, micros);
      return at(last);
    },
  };
}

function headerFields(header: Header): Record<string, unknown> {
  const env = { ...(header.termType === undefined ? {} : { TERM: header.termType }), ...header.env };
  return {
    version: 2,
    width: header.cols,
    height: header.rows,
    timestamp: header.timestamp,
    duration: header.duration === undefined ? undefined : header.duration / 1e6,
    idle_time_limit: header.idleTimeLimit,
    command: header.command,
    title: header.title,
    env: Object.keys(env).length > 0 ? env : undefined,
    theme: header.theme,
  };
}

function readHeader(fields: Record<string, unknown>): Header {
  if (fields.version !== 2) throw invalid('not an asciicast v2');
  const duration = seconds(fields, 'duration');
  return {
    cols: dimension(fields, 'width', 'cols'),
    rows: dimension(fields, 'height', 'rows'),
    ...commonAttributes(fields),
    ...present({
      termType: environment(fields).get('TERM'),
      duration: duration === undefined ? undefined : Math.round(duration * 1e6),
      theme: theme(fields.theme),
    }),
  };
}
