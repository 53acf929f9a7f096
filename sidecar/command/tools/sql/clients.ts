/** Clients of databases: the statements that their lines give them, and the hosts that they go to. */
import type { Word } from '../../words/fields.ts';
import { type Arguments, isSet, known, readArguments, type Syntax } from '../arguments.ts';
import { hostIn, urlHosts } from '../host.ts';
import type { Known } from '../known.ts';
import type { Tool, ToolUse } from '../tool.ts';
import { writes } from './statements.ts';
import type { Dialect } from './tokens.ts';

interface Client {
  syntax: Syntax;
  dialect: Dialect;
  /** Options with statements; with names of files that hold some; that make it tell something and end. */
  code: readonly string[];
  files: readonly string[];
  inert: readonly string[];
  /** Operands behind this many are statements. */
  operands?: number;
  /** It opens what it is given for reading only. */
  readOnly?: string;
}

const set = (text: string) => new Set(text.split(' '));

const PSQL: Client = {
  dialect: 'postgresql',
  syntax: {
    values: set(
      'command dbname file host port username variable set log-file output pset field-separator record-separator table-attr',
    ),
    short: {
      ...{
        F: 'field-separator',
        L: 'log-file',
        P: 'pset',
        R: 'record-separator',
        T: 'table-attr',
        U: 'username',
      },
      ...{
        c: 'command',
        d: 'dbname',
        f: 'file',
        h: 'host',
        l: 'list',
        o: 'output',
        p: 'port',
        v: 'set',
        V: 'version',
      },
    },
    shortened: true,
  },
  code: ['command'],
  files: ['file'],
  inert: ['list', 'version', 'help', '?'],
};

const MYSQL: Client = {
  dialect: 'mysql',
  syntax: {
    values: set(
      'execute host user port database socket init-command default-character-set defaults-file defaults-extra-file ' +
        'defaults-group-suffix delimiter prompt pager tee ssl-ca ssl-cert ssl-key ssl-mode protocol plugin-dir ' +
        'connect-timeout max-allowed-packet login-path net-buffer-length',
    ),
    short: {
      D: 'database',
      P: 'port',
      S: 'socket',
      V: 'version',
      e: 'execute',
      h: 'host',
      p: 'password',
      u: 'user',
      '?': 'help',
    },
    attached: 'p',
    shortened: true,
  },
  code: ['execute', 'init-command'],
  files: ['defaults-file', 'defaults-extra-file'],
  inert: ['version', 'help'],
};

/** Its long options have one hyphen, or two. */
const SQLITE: Client = {
  dialect: 'sqlite',
  syntax: {
    values: set('cmd init separator newline nullvalue vfs mmap maxsize lookaside pagecache heap A'),
    short: {},
  },
  code: ['cmd'],
  files: ['init'],
  inert: ['version', 'help'],
  operands: 1,
  readOnly: 'readonly',
};

const CLIENTS: Readonly<Record<string, Client>> = {
  psql: PSQL,
  mysql: MYSQL,
  mariadb: MYSQL,
  sqlite3: SQLITE,
};

const WRITES: NonNullable<ToolUse['capabilities']> = ['database-write'];

function client({ syntax, dialect, code, files, inert, operands, readOnly }: Client): Tool {
  return ({ words, stdin }): ToolUse => {
    const args = readArguments(words.slice(1).map(dialect === 'sqlite' ? twoHyphens : itself), syntax);
    if (inert.some((flag) => isSet(args, flag) !== false)) return {};
    const own = operands === undefined ? [] : args.operands.slice(operands);
    const given = [...code.flatMap((name) => args.options.get(name) ?? []), ...own].map((word) =>
      known(word),
    );
    const read =
      given.length === 0 || args.options.get('file')?.some((word) => word.value === '-') ? [stdin] : [];
    const hasFile = files.some((name) => args.options.get(name)?.some((word) => word.value !== '-'));
    const isWrite =
      hasFile === true ||
      args.open ||
      interpolates(args) ||
      [...given, ...read].some((text) => text === null || writes(text, dialect));
    const reads = readOnly !== undefined && isSet(args, readOnly) === true;
    return { hosts: hostsOf(args), capabilities: isWrite && !reads ? WRITES : [] };
  };
}

const itself = (word: Word) => word;

function twoHyphens(word: Word): Word {
  return /^-[A-Za-z]/.test(word.value ?? '')
    ? { ...word, value: `-${word.value}`, pattern: `-${word.pattern}` }
    : word;
}

/** A variable of psql may hold any piece of a statement. */
function interpolates({ options }: Arguments): boolean {
  return options.has('set') || options.has('variable');
}

/** `-h host`, `postgresql://host/db`, `host=… dbname=…`. A path is a socket. */
function hostsOf(args: Arguments): Known[] {
  const named = (args.options.get('host') ?? []).map((word) => known(word));
  const connections = [...args.operands, ...(args.options.get('dbname') ?? [])].flatMap((word) => {
    const text = known(word);
    const pairs = [...(text?.matchAll(/\bhost(?:addr)?\s*=\s*'?([^\s']+)/g) ?? [])].map(([, host]) => host!);
    if (pairs.length > 0 || text === null || !text.includes('://')) return pairs;
    return urlHosts(word);
  });
  return [...named, ...connections]
    .flatMap((host) => (host === null ? [null] : host.split(',')))
    .flatMap((host) => (host === null ? [null] : /^[/@]|^$/.test(host) ? [] : [hostIn(host)]));
}

/** Programs of databases that change them whatever they are told, or unless told so. */
const MAKERS = [
  'createdb',
  'dropdb',
  'createuser',
  'dropuser',
  'reindexdb',
  'vacuumdb',
  'clusterdb',
  'mysqlimport',
];
const HARMLESS: Readonly<Record<string, RegExp>> = {
  pg_restore: /^(-l|--list|-f.*|--file.*)$/,
  mysqladmin: /^(status|ping|processlist|variables|version|extended-status)$/,
  'mariadb-admin': /^(status|ping|processlist|variables|version|extended-status)$/,
};
const DUMPS = ['pg_dump', 'pg_dumpall', 'pg_isready', 'mysqldump', 'mariadb-dump', 'mysqlshow'];

const HOSTED: Syntax = {
  values: set('host port username user dbname'),
  short: { h: 'host', p: 'port', U: 'username', u: 'user', d: 'dbname' },
  shortened: true,
};

function tool(isWrite: (words: readonly Word[]) => boolean): Tool {
  return ({ words }) => ({
    hosts: hostsOf({ ...readArguments(words.slice(1), HOSTED), operands: [] }),
    capabilities:
      isWrite(words) && !words.some(({ value }) => value === '--help' || value === '--version') ? WRITES : [],
  });
}

const READING_REDIS =
  /^(get|mget|getrange|strlen|exists|keys|scan|[hsz]scan|ttl|pttl|type|randomkey|dump|object|hget|hmget|hgetall|hkeys|hvals|hlen|hexists|lrange|llen|lindex|smembers|scard|sismember|srandmember|sinter|sunion|sdiff|zrange|zrevrange|zrangebyscore|zcard|zcount|zscore|zrank|xrange|xrevrange|xlen|xread|info|ping|dbsize|time|echo|lastsave|role|command|memory|bitcount|getbit|pfcount|geopos|geodist)$/i;
const REDIS: Syntax = {
  values: set(
    'r i n u host port a p h d D s X eval pipe-timeout user pass askpass sni cacert cacertdir cert key tls-ciphers',
  ),
  short: {},
};

const redis: Tool = ({ words }) => {
  const args = readArguments(words.slice(1), { ...REDIS, leading: true });
  const command = args.operands.map((word) => known(word));
  const tells = ['version', 'help', 'scan', 'bigkeys', 'memkeys', 'hotkeys', 'latency', 'stat', 'ping'];
  const hosts = [...(args.options.get('h') ?? []), ...(args.options.get('host') ?? [])].map((word) =>
    known(word),
  );
  const urls = (args.options.get('u') ?? []).flatMap(urlHosts);
  const [first = '', second = ''] = command;
  const reads =
    command.length === 0
      ? tells.some((name) => args.options.has(name))
      : (!args.open && READING_REDIS.test(first ?? '')) ||
        /^(config|client|slowlog|cluster) (get|list|info|nodes|slots)$/i.test(`${first} ${second}`);
  return {
    hosts: [...hosts, ...urls].map((host) => host && hostIn(host)),
    capabilities: reads ? [] : WRITES,
  };
};

/** One call that only looks, and nothing else. */
const READING_MONGO =
  /^\s*(show \w+|db(\.\w+)*\.(find|findOne|count|countDocuments|estimatedDocumentCount|distinct|stats|getCollectionNames|getIndexes|version|serverStatus)\([^()$]*\)(\.(limit|sort|skip|count|toArray|pretty|explain)\([^()]*\))*;?)\s*$/;

const mongo: Tool = ({ words, stdin }): ToolUse => {
  const syntax: Syntax = {
    values: set('eval host port username password authenticationDatabase file u p'),
    short: { f: 'file' },
  };
  const args = readArguments(words.slice(1), syntax);
  if (isSet(args, 'version') !== false || isSet(args, 'help') !== false) return {};
  const code = (args.options.get('eval') ?? []).map((word) => known(word));
  const given = code.length > 0 ? code : [stdin];
  const isWrite =
    args.open || args.options.has('file') || given.some((text) => text === null || !READING_MONGO.test(text));
  const hosts = (args.options.get('host') ?? []).map((word) => known(word));
  const urls = args.operands.filter((word) => /:\/\//.test(word.value ?? word.pattern)).flatMap(urlHosts);
  return {
    hosts: [...hosts.map((host) => host && hostIn(host)), ...urls],
    capabilities: isWrite ? WRITES : [],
  };
};

export const DATABASE_TOOLS: readonly (readonly [program: string, tool: Tool])[] = [
  ...Object.entries(CLIENTS).map(([program, one]) => [program, client(one)] as const),
  ...MAKERS.map((program) => [program, tool(() => true)] as const),
  ...DUMPS.map((program) => [program, tool(() => false)] as const),
  ...Object.entries(HARMLESS).map(
    ([program, harmless]) =>
      [program, tool((words) => !words.some(({ value }) => value !== null && harmless.test(value)))] as const,
  ),
  ['redis-cli', redis],
  ['valkey-cli', redis],
  ['mongosh', mongo],
  ['mongo', mongo],
];
