/** curl: its command line → the requests that it sends. https://curl.se/docs/manpage.html */
import type { ApiIntent } from '../../../action.ts';
import type { Word } from '../../words/fields.ts';
import { type Arguments, known, option, readArguments, type Syntax } from '../arguments.ts';
import type { Known } from '../known.ts';
import type { ToolCall, ToolUse } from '../tool.ts';
import { anySet, asks, hasImpersonation, urlsIn, used } from './client.ts';
import { parseUrl } from './url.ts';

const set = (text: string) => new Set(text.split(' '));

const SYNTAX: Syntax = {
  values: set(
    'abstract-unix-socket alt-svc aws-sigv4 cacert capath cert cert-type ciphers config connect-timeout connect-to ' +
      'continue-at cookie cookie-jar create-file-mode crlfile curves data data-ascii data-binary data-raw ' +
      'data-urlencode delegation dns-interface dns-ipv4-addr dns-ipv6-addr dns-servers doh-url dump-header ech ' +
      'egd-file engine etag-compare etag-save expand-data expand-url expect100-timeout form form-string ftp-account ' +
      'ftp-alternative-to-user ftp-method ftp-port ftp-ssl-ccc-mode happy-eyeballs-timeout-ms haproxy-clientip header ' +
      'hostpubmd5 hostpubsha256 hsts interface ip-tos ipfs-gateway json keepalive-cnt keepalive-time key key-type krb ' +
      'libcurl limit-rate local-port login-options mail-auth mail-from mail-rcpt max-filesize max-redirs max-time ' +
      'netrc-file noproxy oauth2-bearer output output-dir parallel-max pass pinnedpubkey preproxy proto proto-default ' +
      'proto-redir proxy proxy-cacert proxy-capath proxy-cert proxy-cert-type proxy-ciphers proxy-crlfile proxy-header ' +
      'proxy-key proxy-key-type proxy-pass proxy-pinnedpubkey proxy-service-name proxy-tls13-ciphers ' +
      'proxy-tlsauthtype proxy-tlspassword proxy-tlsuser proxy-user proxy1.0 pubkey quote random-file range rate ' +
      'referer request request-target resolve retry retry-delay retry-max-time sasl-authzid service-name socks4 ' +
      'socks4a socks5 socks5-gssapi-service socks5-hostname speed-limit speed-time stderr telnet-option tftp-blksize ' +
      'time-cond tls-max tls13-ciphers tlsauthtype tlspassword tlsuser trace trace-ascii trace-config unix-socket ' +
      'upload-file url url-query user user-agent variable vlan-priority write-out',
  ),
  short: {
    ...{
      A: 'user-agent',
      C: 'continue-at',
      D: 'dump-header',
      E: 'cert',
      F: 'form',
      G: 'get',
      H: 'header',
      I: 'head',
    },
    ...{
      K: 'config',
      P: 'ftp-port',
      Q: 'quote',
      T: 'upload-file',
      U: 'proxy-user',
      X: 'request',
      Y: 'speed-limit',
    },
    ...{ b: 'cookie', c: 'cookie-jar', d: 'data', e: 'referer', g: 'globoff', h: 'help', m: 'max-time' },
    ...{
      o: 'output',
      r: 'range',
      t: 'telnet-option',
      u: 'user',
      w: 'write-out',
      x: 'proxy',
      y: 'speed-time',
    },
    ...{ z: 'time-cond', V: 'version' },
  },
  // Whatever begins a name stands for it, but not for these.
  exact: set('head get globoff help version next ssl raw tlsv1 proxy-basic'),
  shortened: true,
};

/** Options with a body for the server: a POST, unless --get makes it a query. */
const BODIES = [
  'data',
  'data-ascii',
  'data-binary',
  'data-raw',
  'data-urlencode',
  'json',
  'form',
  'form-string',
];
const PROXIES = ['proxy', 'preproxy', 'proxy1.0', 'socks4', 'socks4a', 'socks5', 'socks5-hostname'];

export function curlUse({ words }: ToolCall): ToolUse {
  return used(curlOperations(words.slice(1)).map(operation));
}

/** `--next` begins anew, with options of its own. */
export function curlOperations(words: readonly Word[]): Arguments[] {
  const parts: Word[][] = [[]];
  for (const word of words) {
    if (word.value === '--next' || word.value === '-:') parts.push([]);
    else parts.at(-1)!.push(word);
  }
  return parts.map((part) => readArguments(part, SYNTAX));
}

function operation(args: Arguments) {
  if (anySet(args, ['help', 'version'])) return { requests: [], hosts: [] };
  const globs = !anySet(args, ['globoff']);
  const named = [...(args.options.get('url') ?? []), ...args.operands, ...(args.rest ?? [])];
  const urls = named.flatMap((word) => urlsIn(word, globs));
  // Its URLs, and all else, may stand in the file.
  if (args.options.has('config') || args.open) urls.push(UNKNOWN);
  const methods = args.options.has('config') || args.open ? [null] : methodsOf(args, named.length);
  const impersonates = hasImpersonation(args.options.get('header') ?? []);
  const told = methods.map((method) => asks({ method, urls: query(args, urls), impersonates }));
  const all = told.flatMap(({ requests }) => requests);
  const requests = BODIES.some((name) => args.options.has(name)) ? all.map(withBody) : all;
  return { requests, hosts: [...told[0]!.hosts, ...between(args)] };
}

/** The options in the body of a deletion count for those of the query. */
function withBody(request: ApiIntent): ApiIntent {
  return request.dryRun && request.verb?.startsWith('delete') ? { ...request, dryRun: null } : request;
}

const UNKNOWN = { scheme: '', host: null, port: '', target: '', inCluster: false };

/** Each file that is uploaded goes to one URL; what goes to the others goes as without it. */
function methodsOf(args: Arguments, urls: number): [Known, ...Known[]] {
  const said = option(args, 'request');
  if (said !== undefined) return [said?.toUpperCase() ?? null];
  if (anySet(args, ['head'])) return ['HEAD'];
  const hasBody = BODIES.some((name) => args.options.has(name));
  const plain = hasBody && !anySet(args, ['get']) ? 'POST' : 'GET';
  const files = args.options.get('upload-file')?.length ?? 0;
  if (files === 0) return [plain];
  return files < urls ? ['PUT', plain] : ['PUT'];
}

/** With --get the data is the query: what is known of it counts. */
function query(args: Arguments, urls: ReturnType<typeof urlsIn>) {
  if (!anySet(args, ['get']) && !args.options.has('url-query')) return urls;
  const data = [...BODIES, 'url-query']
    .flatMap((name) => args.options.get(name) ?? [])
    .map((word) => known(word));
  if (!data.every((text) => text !== null && /^[\w=&.,%:!-]*$/.test(text))) return urls;
  const more = data.join('&');
  return urls.map((url) => ({
    ...url,
    target: `${url.target || '/'}${url.target.includes('?') ? '&' : '?'}${more}`,
  }));
}

/** Proxies, and addresses that are taken for those of a name: `--resolve name:443:10.0.0.1`, `--connect-to ::other:443`. */
function between({ options }: Arguments): Known[] {
  const proxies = PROXIES.flatMap((name) => options.get(name) ?? []).map((word) => {
    const text = known(word);
    return text === null ? null : parseUrl(text).host;
  });
  const resolved = (options.get('resolve') ?? []).map(
    (word) => known(word)?.replace(/^[-+]?[^:]*:[^:]*:/, '') ?? null,
  );
  const others = (options.get('connect-to') ?? []).map((word) => {
    const text = known(word);
    return text === null ? null : (/^[^:]*:[^:]*:(.+):[^:]*$/.exec(text)?.[1] ?? '');
  });
  return [...proxies, ...resolved.flatMap((text) => text?.split(',') ?? [null]), ...others].filter(
    (host) => host !== '',
  );
}
