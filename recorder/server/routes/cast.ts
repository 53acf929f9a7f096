/** A session as a recording, streamed out of the log as it is read, and the search in what it showed. */

import { ChaperoneError } from '../../errors.ts';
import { type ExportFormat, exportSession, FORMATS, isExportFormat } from '../../export/format.ts';
import { searchOutput } from '../../export/search.ts';
import type { AccessRecord } from '../access.ts';
import type { Login } from '../principal.ts';
import { stream, streamLines } from '../reply.ts';
import type { Exchange, Route } from '../router.ts';

export interface CastRoutesOptions {
  access: AccessRecord;
}

export function castRoutes(options: CastRoutesOptions): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/sessions/:id/cast',
      needs: 'sessions.view',
      handle: (exchange) => sendCast(options, exchange),
    },
    {
      method: 'GET',
      path: '/api/sessions/:id/search',
      needs: 'sessions.view',
      handle: (exchange) => sendMatches(options, exchange),
    },
  ];
}

/**
 * Sent as it is: on loopback, Chromium had 50 MB in 1.2 s uncoded, in 1.6 s with gzip or zstd at their lowest level.
 */
async function sendCast({ access }: CastRoutesOptions, exchange: Exchange): Promise<void> {
  const { response, params, query, signal, login, archive } = exchange;
  const format = readFormat(query);
  const summary = await archive.session(params.id!);
  const isDownload = query.get('download') === '1';
  // A program has no page to replay in: what it fetches leaves the house.
  await access.viewed(summary.id, isDownload || isProgram(login) ? 'export' : 'replay', login);
  const { extension, mediaType } = FORMATS[format];
  response.setHeader('Content-Type', mediaType);
  if (isDownload) {
    // The id has been found in the log, so it is a ULID: nothing in it needs quoting.
    response.setHeader('Content-Disposition', `attachment; filename="chaperone-${summary.id}.${extension}"`);
  }
  const recording = exportSession(format, summary, archive.events(summary.id, { signal }));
  await stream(exchange, recording);
}

async function sendMatches({ access }: CastRoutesOptions, exchange: Exchange): Promise<void> {
  const { params, query, signal, login, archive } = exchange;
  const summary = await archive.session(params.id!);
  const matches = searchOutput(summary, archive.events(summary.id, { signal }), query.get('q') ?? '');
  // Its complaints about the query come with the first match: before the status is sent.
  const first = await matches.next();
  await access.viewed(summary.id, 'search', login);
  await streamLines(exchange, resumed(first, matches));
}

async function* resumed<T>(first: IteratorResult<T, void>, rest: AsyncGenerator<T, void>): AsyncGenerator<T> {
  if (first.done === true) return;
  yield first.value;
  yield* rest;
}

function isProgram({ how }: Login): boolean {
  return how === 'token' || how === 'device';
}

function readFormat(query: URLSearchParams): ExportFormat {
  const format = query.get('format') ?? 'v3';
  if (isExportFormat(format)) return format;
  throw new ChaperoneError('USAGE', `format can be ${Object.keys(FORMATS).join(', ')}`);
}
