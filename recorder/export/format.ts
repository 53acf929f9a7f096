/** The formats that a session can be exported in, and the way out of each. */

import { FILE_EXTENSION, MEDIA_TYPE } from '../asciicast/cast.ts';
import type { SessionSummary, StoredEvent } from '../log/ports.ts';
import { castProjection } from './asciicast.ts';
import { jsonLinesProjection } from './jsonl.ts';
import type { Projection } from './projection.ts';
import { textProjection } from './text.ts';

export type ExportFormat = 'v3' | 'v2' | 'txt' | 'json';

interface FormatEntry {
  /** Without the dot. */
  extension: string;
  /** For a Content-Type header. */
  mediaType: string;
  projection: (summary: SessionSummary) => Projection;
}

export const FORMATS: Readonly<Record<ExportFormat, FormatEntry>> = {
  v3: {
    extension: FILE_EXTENSION,
    mediaType: MEDIA_TYPE,
    projection: (summary) => castProjection(3, summary),
  },
  v2: {
    extension: FILE_EXTENSION,
    mediaType: MEDIA_TYPE,
    projection: (summary) => castProjection(2, summary),
  },
  txt: { extension: 'txt', mediaType: 'text/plain; charset=utf-8', projection: textProjection },
  json: { extension: 'jsonl', mediaType: 'application/jsonl', projection: jsonLinesProjection },
};

export function isExportFormat(name: string): name is ExportFormat {
  return Object.hasOwn(FORMATS, name);
}

/** Pieces are about this long (UTF-16 units), or one event's text where that is longer. */
const BATCH = 64 * 1024;

/**
 * The text of `events` in pieces of sensible size; nothing is read from `events` before it is asked for.
 * Cut short in the middle, v2, v3 and JSON lines are still readable up to there.
 */
export async function* exportSession(
  format: ExportFormat,
  summary: SessionSummary,
  events: AsyncIterable<StoredEvent> | Iterable<StoredEvent>,
): AsyncGenerator<string, void, undefined> {
  const projection = FORMATS[format].projection(summary);
  let batch = projection.start();
  for await (const stored of events) {
    batch += projection.event(stored);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = '';
  }
  batch += projection.end();
  if (batch !== '') yield batch;
}
