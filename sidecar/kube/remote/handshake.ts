/**
 * What client and server agree on before raw bytes flow. Pure.
 *
 *     GET  …/exec?…  Upgrade: websocket   Sec-WebSocket-Protocol: v5.channel.k8s.io,…    kubectl from 1.31
 *     POST …/exec?…  Upgrade: SPDY/3.1    X-Stream-Protocol-Version: v4.channel.k8s.io   before, and many clients
 *
 * Both handshakes are ours: the server gets a key of our own and only subprotocols that we can decode, and its
 * answer is checked as a client would before anything behind it is believed.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { Header } from '../../request/headers.ts';
import { acceptFor, isKey } from '../wire/websocket/handshake.ts';

/** The subprotocols that can be decoded, by transport. */
export interface Known {
  websocket: readonly string[];
  spdy: readonly string[];
}

/** What a client asked for: of its subprotocols those that are known. */
export type Offer =
  | { kind: 'websocket'; key: string; protocols: string[] }
  | { kind: 'spdy'; protocols: string[] };

/** What both are going to speak; `protocol` is empty where none was offered, and none chosen. */
export interface Agreement {
  kind: 'websocket' | 'spdy';
  protocol: string;
}

/** `why` is one line for the client. */
export type Misfit = { kind: 'misfit'; why: string };

const SPDY = 'SPDY/3.1';

export function readOffer(method: string, headers: IncomingHttpHeaders, known: Known): Offer | Misfit {
  const upgrade = (headers.upgrade ?? '').trim();
  if (upgrade.toLowerCase() === 'websocket') return readWebSocketOffer(method, headers, known.websocket);
  if (upgrade.toLowerCase() === SPDY.toLowerCase()) return readSpdyOffer(headers, known.spdy);
  return misfit(`an upgrade to ${JSON.stringify(upgrade.slice(0, 40))} is not WebSocket or SPDY/3.1`);
}

function readWebSocketOffer(
  method: string,
  headers: IncomingHttpHeaders,
  known: readonly string[],
): Offer | Misfit {
  const key = headers['sec-websocket-key'] ?? '';
  if (method !== 'GET') return misfit('a WebSocket begins with GET');
  if (headers['sec-websocket-version'] !== '13') return misfit('the WebSocket version is 13');
  if (!isKey(key)) return misfit('Sec-WebSocket-Key is not 16 bytes in base64');
  const protocols = choose(headers['sec-websocket-protocol'], known);
  return protocols === null ? UNKNOWN_PROTOCOLS : { kind: 'websocket', key, protocols };
}

function readSpdyOffer(headers: IncomingHttpHeaders, known: readonly string[]): Offer | Misfit {
  const protocols = choose(headers['x-stream-protocol-version'], known);
  return protocols === null ? UNKNOWN_PROTOCOLS : { kind: 'spdy', protocols };
}

const UNKNOWN_PROTOCOLS = misfit('none of the subprotocols that it offers is known here');

/** What is known of what is offered; null where nothing of it is. */
function choose(offered: string | string[] | undefined, known: readonly string[]): string[] | null {
  const all = words(offered);
  const chosen = all.filter((name) => known.includes(name));
  return all.length > 0 && chosen.length === 0 ? null : chosen;
}

/** The lines that ask the server for the same. @param key for WebSocket: 16 random bytes in base64 */
export function askingLines(offer: Offer, key: string): Header[] {
  switch (offer.kind) {
    case 'websocket':
      return [
        ['Connection', 'Upgrade'],
        ['Upgrade', 'websocket'],
        ['Sec-WebSocket-Version', '13'],
        ['Sec-WebSocket-Key', key],
        ...named('Sec-WebSocket-Protocol', offer.protocols.join(', ')),
      ];
    case 'spdy':
      return [
        ['Connection', 'Upgrade'],
        ['Upgrade', SPDY],
        ...offer.protocols.flatMap((protocol) => named('X-Stream-Protocol-Version', protocol)),
      ];
  }
}

/** What the server's 101 says; a misfit is no 101 that a client may believe. */
export function readAnswer(offer: Offer, key: string, headers: IncomingHttpHeaders): Agreement | Misfit {
  if (!words(headers.connection).some((word) => word.toLowerCase() === 'upgrade'))
    return misfit('the server switches protocols without "Connection: Upgrade"');
  const upgrade = (headers.upgrade ?? '').toLowerCase();
  switch (offer.kind) {
    case 'websocket':
      if (upgrade !== 'websocket') return misfit('the server switches to something that is no WebSocket');
      if (headers['sec-websocket-accept'] !== acceptFor(key))
        return misfit('the server did not hear the key');
      if (headers['sec-websocket-extensions'] !== undefined)
        return misfit('the server uses an extension that nobody asked for');
      return agree(offer, headers['sec-websocket-protocol']);
    case 'spdy':
      if (upgrade !== SPDY.toLowerCase())
        return misfit('the server switches to something that is not SPDY/3.1');
      return agree(offer, headers['x-stream-protocol-version']);
  }
}

function agree({ kind, protocols }: Offer, chosen: string | string[] | undefined): Agreement | Misfit {
  const protocol = single(chosen);
  const sound = protocols.length === 0 ? protocol === '' : protocols.includes(protocol);
  return sound ? { kind, protocol } : misfit('the server chose a subprotocol that was not offered');
}

/** The lines of our own 101 to the client. */
export function agreeingLines(offer: Offer, { protocol }: Agreement): Header[] {
  switch (offer.kind) {
    case 'websocket':
      return [
        ['Upgrade', 'websocket'],
        ['Connection', 'Upgrade'],
        ['Sec-WebSocket-Accept', acceptFor(offer.key)],
        ...named('Sec-WebSocket-Protocol', protocol),
      ];
    case 'spdy':
      return [['Connection', 'Upgrade'], ['Upgrade', SPDY], ...named('X-Stream-Protocol-Version', protocol)];
  }
}

function named(name: string, value: string): Header[] {
  return value === '' ? [] : [[name, value]];
}

function words(header: string | string[] | undefined): string[] {
  return single(header)
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean);
}

function single(header: string | string[] | undefined): string {
  return Array.isArray(header) ? header.join(',') : (header ?? '');
}

function misfit(why: string): Misfit {
  return { kind: 'misfit', why };
}
