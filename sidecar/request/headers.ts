/**
 * Which headers pass, in both directions. To the API server only those on a list: everything that says who asks,
 * where from, or on whose behalf is ours to say. Pure.
 * https://kubernetes.io/docs/reference/access-authn-authz/authentication/ (impersonation, authenticating proxy)
 * https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1 (hop-by-hop)
 */
import type { ClientClaims } from '../../recorder/audit/request.ts';
import { UNPRINTABLE } from '../../recorder/unprintable.ts';
import { Unfit } from './refusal.ts';

export type Header = readonly [name: string, value: string];

/** Pass as the client gave them. What an upgrade needs is made anew by who carries it out. */
const FORWARDED = new Set([
  ...['if-match', 'if-none-match', 'if-modified-since', 'if-unmodified-since', 'cache-control'],
  ...['user-agent', 'kubectl-command', 'kubectl-session', 'traceparent', 'tracestate'],
]);

/** Headers that say how a message is to be understood: none may stand twice. */
const SINGLE = new Set([
  ...['authorization', 'content-type', 'content-encoding', 'content-length', 'transfer-encoding', 'host'],
  ...['upgrade', 'sec-websocket-key', 'sec-websocket-version'],
]);

/** Headers between two neighbours, and those that would answer for somebody else than us. */
const NOT_RETURNED = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade'],
  ...['set-cookie', 'alt-svc', 'strict-transport-security', 'www-authenticate'],
]);

/** Headers of a request, by name in lower case. */
export class Headers {
  readonly #values = new Map<string, string[]>();

  /** @param raw names and values in turn, as they came (`rawHeaders` of node:http)
   *  @throws Unfit */
  constructor(raw: readonly string[]) {
    for (let at = 0; at + 1 < raw.length; at += 2) {
      const name = raw[at]!.toLowerCase();
      const values = this.#values.get(name);
      if (values === undefined) this.#values.set(name, [raw[at + 1]!]);
      else if (SINGLE.has(name)) throw new Unfit('header', `the header ${name} stands twice`);
      else values.push(raw[at + 1]!);
    }
  }

  get(name: string): string | undefined {
    return this.#values.get(name)?.[0];
  }

  /** The elements of a header that is a list, over all lines of it. */
  list(name: string): string[] {
    return (this.#values.get(name) ?? [])
      .flatMap((value) => value.split(','))
      .map((element) => element.trim())
      .filter((element) => element !== '');
  }

  names(): Iterable<string> {
    return this.#values.keys();
  }

  /** What goes on as it is. */
  forwarded(): Header[] {
    const hop = new Set(this.list('connection').map((name) => name.toLowerCase()));
    return [...this.#values].flatMap(([name, values]) =>
      FORWARDED.has(name) && !hop.has(name) ? values.map((value): Header => [name, value]) : [],
    );
  }
}

/** True where somebody else's name is asked for: `Impersonate-User`, `-Group`, `-Uid`, `-Extra-…`. */
export function impersonates(headers: Headers): boolean {
  return [...headers.names()].some((name) => name.startsWith('impersonate-'));
}

/**
 * What the client takes, without what we cannot look into.
 * @throws Unfit where nothing is left
 */
export function acceptable(headers: Headers): Header[] {
  const asked = headers.list('accept');
  if (asked.length === 0) return [];
  const readable = asked.filter((clause) => !/^application\/(cbor|[^;]*\+cbor)/i.test(clause));
  if (readable.length > 0 || asked.length === 0) return [['accept', readable.join(',')]];
  throw new Unfit('accept', 'answers in CBOR cannot be recorded: accept application/json');
}

/** gzip is undone where an answer is looked into; no other encoding is asked for. */
export function acceptableEncoding(headers: Headers): Header {
  const gzip = headers
    .list('accept-encoding')
    .some((coding) => /^(gzip|\*)(?!.*;\s*q=0(\.0*)?\s*$)/i.test(coding));
  return ['accept-encoding', gzip ? 'gzip' : 'identity'];
}

/** Headers of an answer that go back to the client. */
export function returned(raw: readonly string[]): Header[] {
  const pairs: Header[] = [];
  const hop = new Set<string>();
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at]!.toLowerCase();
    if (!NOT_RETURNED.has(name)) pairs.push([raw[at]!, raw[at + 1]!]);
    else if (name === 'connection')
      for (const named of raw[at + 1]!.split(',')) hop.add(named.trim().toLowerCase());
  }
  return hop.size === 0 ? pairs : pairs.filter(([name]) => !hop.has(name.toLowerCase()));
}

/** Whether a header is called so, in whatever case. @param wanted in lower case */
export function isCalled([name]: Header, wanted: string): boolean {
  return name.length === wanted.length && name.toLowerCase() === wanted;
}

/** Characters of a claim that are kept. */
const MAX_CLAIM = 256;
const NOT_SHOWN = new RegExp(`[\\u0000-\\u001f${UNPRINTABLE}]`, 'gu');

function shown(value: string | undefined): string | undefined {
  const plain = value === undefined || /^[ -~]*$/.test(value);
  return (plain ? value : value.replaceAll(NOT_SHOWN, '\ufffd'))?.slice(0, MAX_CLAIM);
}

/** What the client says of itself, fit to be shown. */
export function claimsOf(headers: Headers): ClientClaims {
  const claim = (name: string) => shown(headers.get(name));
  const agent = claim('user-agent');
  const command = claim('kubectl-command');
  const run = claim('kubectl-session');
  return { ...(agent && { agent }), ...(command && { command }), ...(run && { run }) };
}
