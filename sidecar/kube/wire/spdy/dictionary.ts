/**
 * What both ends put into zlib's window before the first header block. Pure.
 * https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1/, 2.6.10.1
 *
 * Names of headers and a few values as they stand in a block (a length of 32 bits before each), then plain
 * text. Not one byte may differ: zlib compares an Adler-32 of the whole.
 */
const NAMES = `options head post put delete trace accept accept-charset accept-encoding accept-language
  accept-ranges age allow authorization cache-control connection content-base content-encoding
  content-language content-length content-location content-md5 content-range content-type date etag expect
  expires from host if-match if-modified-since if-none-match if-range if-unmodified-since last-modified
  location max-forwards pragma proxy-authenticate proxy-authorization range referer retry-after server te
  trailer transfer-encoding upgrade user-agent vary via warning www-authenticate method get status`.split(
  /\s+/,
);

const AFTER_NAMES = ['200 OK', 'version', 'HTTP/1.1', 'url', 'public', 'set-cookie', 'keep-alive', 'origin'];

const TEXT = [
  '100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505',
  '203 Non-Authoritative Information',
  '204 No Content',
  '301 Moved Permanently',
  '400 Bad Request',
  '401 Unauthorized',
  '403 Forbidden',
  '404 Not Found',
  '500 Internal Server Error',
  '501 Not Implemented',
  '503 Service Unavailable',
  'Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMT',
  'chunked,text/html,image/png,image/jpg,image/gif,application/xml,application/xhtml+xml,text/plain,',
  'text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.',
];

export const DICTIONARY = Buffer.concat([
  ...[...NAMES, ...AFTER_NAMES].flatMap((word) => [lengthOf(word), Buffer.from(word)]),
  Buffer.from(TEXT.join('')),
]);

/** Adler-32 of it, as zlib's head names it. */
export const DICTIONARY_ID = 0xe3c6a7c2;

function lengthOf(word: string): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(word.length);
  return bytes;
}
