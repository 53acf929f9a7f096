/** Programs that speak to a host by its name or address, and those that wait for others. */
import type { Touch } from '../../../action.ts';
import type { Word } from '../../words/fields.ts';
import { known, readArguments, type Syntax } from '../arguments.ts';
import { headOf, hostIn, urlHosts } from '../host.ts';
import type { Known } from '../known.ts';
import type { Tool, ToolUse } from '../tool.ts';

const LISTENS: ToolUse['capabilities'] = ['network-listen'];

const NC: Syntax = {
  values: new Set([
    ...'IimMOPpqsTVWwXxGgceD',
    'exec',
    'sh-exec',
    'lua-exec',
    'proxy',
    'proxy-type',
    'proxy-auth',
    'source',
    'source-port',
    'wait',
    'output',
  ]),
  short: {},
};

/** `nc host port`, `nc -l port`. https://man.openbsd.org/nc.1, https://nmap.org/ncat/guide/ */
export const nc: Tool = ({ words }): ToolUse => {
  const args = readArguments(words.slice(1), NC);
  if (args.options.has('l') || args.options.has('listen')) return { capabilities: LISTENS! };
  const proxies = ['x', 'proxy'].flatMap((name) => args.options.get(name) ?? []);
  return { hosts: [...args.operands.slice(0, 1), ...proxies].map(hostWord) };
};

/** The host that a word names by itself, or the one of a URL. */
function hostWord(word: Word): Known {
  const { text, whole } = headOf(word);
  if (text.includes('://')) return urlHosts(word)[0] ?? null;
  return whole ? hostIn(text) : null;
}

/** `socat ADDRESS ADDRESS`, each `TYPE:…,option`. http://www.dest-unreach.org/socat/doc/socat.html */
export const socat: Tool = ({ words }): ToolUse => {
  const addresses = words.slice(1).flatMap((word) => {
    const { text, whole } = headOf(word);
    return text.startsWith('-') && text !== '-' ? [] : [{ text, whole }];
  });
  const listens = addresses.some(({ text }) => /^[\w]+-(l|listen|recv|recvfrom)\b/i.test(text));
  const hosts = addresses.flatMap(({ text, whole }): Known[] => {
    const connects =
      /^(?:tcp|udp|sctp|openssl|ssl|dtls|socks4a?|socks5|proxy|ip)[46]?(?:-connect|-sendto|-datagram)?:(\[[^\]]*\]|[^:,]*)([:,]?)/i.exec(
        text,
      );
    if (connects !== null) return [whole || connects[2] !== '' ? hostIn(connects[1]!) : null];
    return text === '' && !whole ? [null] : [];
  });
  return { hosts, capabilities: listens ? LISTENS! : [] };
};

/** Programs whose operands, or the first of them, are hosts; their options with an argument. */
const NAMED: Readonly<Record<string, { values: string; all?: true }>> = {
  ping: { values: 'cIilmMpQsStTwWGgh' },
  ping6: { values: 'cIilmMpQsStTwW' },
  traceroute: { values: 'fgimNpqstwzSPO' },
  tracepath: { values: 'mlp' },
  mtr: { values: 'acfmisBQTPgFSyLUX' },
  telnet: { values: 'belnSX' },
  ftp: { values: 'opPN' },
  tftp: { values: 'mlR' },
  whois: { values: 'hp' },
  nslookup: { values: '', all: true },
  host: { values: 'ctmNRW', all: true },
  nmap: { values: 'piegDSTMbo', all: true },
  'ssh-keyscan': { values: 'fOpTt', all: true },
  'ssh-copy-id': { values: 'ipotF' },
  mosh: { values: 'p' },
};

export const HOST_TOOLS: readonly (readonly [string, Tool])[] = Object.entries(NAMED).map(
  ([program, { values, all }]) => [
    program,
    ({ words }): ToolUse => {
      const { operands } = readArguments(words.slice(1), { values: new Set(values), short: {} });
      return { hosts: (all ? operands : operands.slice(0, 1)).map(hostWord) };
    },
  ],
);

/** `dig @server name type`. What it asks for gets to whoever answers for the name. */
export const dig: Tool = ({ words }): ToolUse => {
  const { operands } = readArguments(words.slice(1), { values: new Set('bcfkpqtxy'), short: {} });
  const named = operands.filter(({ value }) => !/^([+]|(any|[a-z]{1,6}\d?|in|ch)$)/i.test(value ?? 'x.y'));
  return {
    hosts: named.map((word) =>
      hostWord(word.value?.startsWith('@') ? { ...word, value: word.value.slice(1) } : word),
    ),
  };
};

/** bash makes a connection of `> /dev/tcp/host/port` by itself. https://www.gnu.org/software/bash/manual/html_node/Redirections.html */
export function socketHosts(touches: readonly Touch[]): Known[] {
  return touches.flatMap(({ path }) => {
    const found = /^\/dev\/(?:tcp|udp)\/([^/]+)/.exec(path);
    if (found === null) return [];
    return [/[*?[\\]/.test(found[1]!) ? null : hostIn(found[1]!)];
  });
}

/** Programs that do nothing but wait for others, or open a way to this machine. */
const SERVERS = [
  ...[
    'http-server',
    'live-server',
    'uvicorn',
    'gunicorn',
    'hypercorn',
    'daphne',
    'waitress-serve',
    'nginx',
    'httpd',
  ],
  ...[
    'apache2',
    'lighttpd',
    'sshd',
    'dropbear',
    'ngrok',
    'cloudflared',
    'lt',
    'redis-server',
    'mongod',
    'postgres',
  ],
  ...['mysqld', 'mariadbd', 'in.telnetd', 'vsftpd', 'chisel', 'frpc', 'frps', 'bore'],
];

/** Those of which only one use does. */
const SERVING: Readonly<Record<string, RegExp>> = {
  caddy: /^(run|start|file-server|reverse-proxy)$/,
  flask: /^run$/,
  php: /^-S/,
  rails: /^(s|server)$/,
  tailscale: /^(serve|funnel)$/,
  jekyll: /^(serve|server)$/,
  hugo: /^server?$/,
  mkdocs: /^serve$/,
  code: /^(tunnel|serve-web)$/,
};

const TELLS = /^(-h|-V|-v|--help|--version)$/;

export const SERVER_TOOLS: readonly (readonly [string, Tool])[] = [
  ...SERVERS.map((program) => [program, serving(() => true)] as const),
  ...Object.entries(SERVING).map(
    ([program, use]) => [program, serving(({ value }) => use.test(value ?? ''))] as const,
  ),
];

function serving(isUse: (word: Word) => boolean): Tool {
  return ({ words }): ToolUse => {
    const rest = words.slice(1);
    const isOne = rest.length === 0 ? isUse(words[0]!) : rest.some(isUse);
    return { capabilities: isOne && !rest.some(({ value }) => TELLS.test(value ?? '')) ? LISTENS! : [] };
  };
}

/** Modules of Python that serve: `python -m http.server`. */
export const python: Tool = ({ words }): ToolUse => {
  const at = words.findIndex(({ value }) => /^-[bBdEiIOPqsSuvx]*m/.test(value ?? ''));
  if (at < 0) return {};
  const module = words[at]!.value!.replace(/^-\w*?m/, '') || known(words[at + 1]);
  const serves = /^(http\.server|SimpleHTTPServer|pyftpdlib|uvicorn|gunicorn|flask|smtpd|aiosmtpd)$/.test(
    module ?? '',
  );
  return { capabilities: serves ? LISTENS! : [] };
};
