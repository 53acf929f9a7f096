/** What enters the gate, and what leaves it. */
import type { Terms } from '../recorder/approvals/asking.ts';
import type { ApprovalMark, CommandSummary, Decision, ToolUse } from '../recorder/audit/decision.ts';
import type { BodySummary, ClientClaims, RequestEffect, RequestInfo } from '../recorder/audit/request.ts';
import type { SessionId } from '../recorder/audit/units.ts';

/** One redirection of a simple command. `target` is null where it cannot be known before running. */
export interface Redirection {
  operator: string;
  fd: number | null;
  target: string | null;
}

/** What a command does to a path: `changes` is mode, owner or attributes. */
export type PathRole = 'reads' | 'writes' | 'deletes' | 'changes';

/** One path that a command touches, as its own argument grammar says. */
export interface Touch {
  role: PathRole;
  /**
   * Absolute and normalised, as a glob: `*`, `?` and `[…]` stand for themselves where they were unquoted,
   * a backslash quotes one, and `**` stands for any number of whole segments (what is not known before it runs).
   */
  path: string;
  /** True if everything below the path is touched too. */
  recursive: boolean;
  /** False where an expansion decides whether, or where, it is touched. */
  certain: boolean;
  /** Names that only what is read tells, as those in an archive: by itself a name that stands anywhere is not met. */
  unnamed?: true;
  /** As the words spell it, where that leads on through a link: by a slash at its end, or `..` behind one. */
  spelled?: string;
}

/** What a command is able to do, as far as its own words tell. More join as they are recognised. */
export const CAPABILITIES = [
  'deletes',
  /** Writes, deletes or changes something outside of the workspace; said only where the workspace is known. */
  'writes-outside-workspace',
  'network-fetch',
  /** Lets others reach a port, or opens a tunnel to one. */
  'network-listen',
  'privilege',
  /** Runs as code what it reads from its standard input. */
  'stdin-script',
  /** Runs code of another language than a shell's that stands in its own words. */
  'interpreter-code',
  /** Reads what programs keep passwords, keys or tokens in. */
  'credential-read',
  /** Leaves something that runs later, by itself. */
  'persistence',
  /** A call by which a function starts ever more copies of itself. */
  'fork-bomb',
  /** Talks to a Kubernetes API, or to what acts on one. */
  'kubernetes',
  /** Gives a database a statement that does not certainly only read. */
  'database-write',
] as const;

export type Capability = (typeof CAPABILITIES)[number];

/**
 * A request to the Kubernetes API that a command comes to, by the grammar of its tool. The parts are those of
 * RequestInfo: null is what only running it would tell, and empty is what the request has none of.
 */
export interface ApiIntent {
  verb: string | null;
  group: string | null;
  resource: string | null;
  /** It is none of the resources that every API server has, although its name is not known. */
  custom?: boolean;
  subresource: string | null;
  /** Empty for what lies in no namespace, and for a collection over all of them. */
  namespace: string | null;
  /** Empty for a whole collection. */
  name: string | null;
  /** Of a request that is for no resource. */
  path: string | null;
  /** Parameters of the query that are known and decide something, such as `container` of an exec. */
  parameters: readonly (readonly [name: string, value: string])[];
  /** True where the server is told to change nothing; null where that is computed. */
  dryRun: boolean | null;
  /** Whether it changes how many replicas there are, as far as its words tell. */
  scales: KubeAction['scales'];
  /** True where it asks to be carried out as somebody else. */
  impersonates: boolean;
  /** False where it may not be made, or not to an API server. */
  certain: boolean;
}

export interface Assigned {
  name: string;
  /** Of `name[index]=…`; null where it is computed. */
  index?: string | null;
  /** Null where it is computed, an array, or added to what was there. */
  value: string | null;
}

/**
 * One simple command with its words decoded. A wrapper (`sudo`, `bash -c`) is a command and so is what it runs.
 * A word that cannot be known before it runs (an expansion) is null in `argv`.
 */
export interface SimpleCommand {
  /**
   * Basename of the program; null where the command word itself is computed; empty for a statement that
   * only assigns or redirects.
   */
  program: string | null;
  /** The file that is executed, links followed; left out where that is not seen. */
  path?: string;
  argv: (string | null)[];
  /** True where an expansion without quotes may add words, flags among them. A quoted one is taken for data. */
  openEnded: boolean;
  /** Assignments in front of it and those made by `env`. */
  env: Assigned[];
  redirections: Redirection[];
  /** Wrappers it was found under, outermost first. */
  via: readonly string[];
  /** Which pipeline it stands in and where, so that `curl … | sh` can be seen; place 0 is the first. */
  pipeline: { id: number; place: number; length: number };
  touches: Touch[];
  capabilities: Capability[];
  /** The requests to the Kubernetes API that it comes to. */
  requests: ApiIntent[];
  /** Names and addresses, in lower case, of the hosts that it contacts; null is one that is computed. */
  hosts: (string | null)[];
  /** Programs that run this command's output as code, as `sh` does in `curl … | sh` and in `sh -c "$(curl …)"`. */
  outputRunBy: string[];
  /**
   * True in a script that is executed by its path, as any program is. What it certainly does counts; what it may do is no
   * more known of it than of a program that is no script.
   */
  inProgram?: true;
  /** Places of words in `argv` that hold the value of a variable: known for judging, and not to be recorded. */
  veiled?: readonly number[];
  /** Its own text in the line, for showing. */
  text: string;
}

/** A part that could not be understood. Any of these makes the line `unknown`, never allowed by silence. */
export interface Unknown {
  code:
    | 'syntax'
    | 'limit'
    | 'computed-command'
    | 'computed-code'
    | 'code-on-stdin'
    | 'computed-argument'
    /** Code in another language than a shell's. */
    | 'foreign-code'
    | 'no-hooks'
    | 'unreadable-script'
    /** Of a line that was typed into a terminal: the screen does not tell all of it. */
    | 'unreadable-line';
  message: string;
  text: string;
}

/** The container of the cluster that a command runs in, and how its session was opened. */
export interface RemotePlace {
  kind: 'exec' | 'attach';
  namespace: string;
  pod: string;
  /** Of the pod, where somebody is asked about it. */
  uid?: string;
  /** Empty where the server chooses. */
  container: string;
  stdin: boolean;
  tty: boolean;
}

export interface CommandAction {
  kind: 'command';
  /** What is shown and recorded: the text as the shell was about to run it. */
  line: string;
  /** Where the shell's own prompt or completion runs it. */
  context?: 'prompt' | 'completion';
  /** What arrives on its standard input, where that is known: statements that are judged one by one, or nothing. */
  input?: 'judged' | 'empty';
  /** The guarded shell that is about to run it, where its hooks ask. */
  shell?: 'bash' | 'zsh';
  cwd: string;
  /** Where it does not run here. */
  remote?: RemotePlace;
  /** True where there is no such place: nobody has to be asked about it. */
  moot?: boolean;
  /** The home directory of who runs it, where known: what `~` in a policy means. */
  home?: string;
  commands: SimpleCommand[];
  /** Names of functions that the line defines, for telling a function call from a program. */
  functions: string[];
  unknown: Unknown[];
}

/** Any JSON value, as a body decodes to. */
export type Json = null | boolean | number | string | Json[] | { [member: string]: Json };

/** The body of a request, as policy and evidence need it. */
export interface RequestBody {
  summary: BodySummary;
  /** Media type of it as it would go on: what is recorded may be in another. */
  type: string;
  /** As it would go on. */
  exact: Uint8Array;
  /** What is recorded of it: masked, cut to what the policy keeps. */
  recorded: Uint8Array;
  /**
   * The object in it, whatever its encoding was; null where it could not be decoded, so that nothing which looks
   * into it can be sure.
   */
  object: Json | null;
}

/** A request to the Kubernetes API, as it will be forwarded. */
export interface KubeAction {
  kind: 'request';
  /** UUID; the `Audit-ID` that goes upstream. */
  id: string;
  method: string;
  /** Path and query as they are forwarded. */
  uri: string;
  request: RequestInfo;
  /** The query's parameters, decoded, in order. */
  parameters: readonly (readonly [name: string, value: string])[];
  /** True where the server will change nothing: as the options that it will use say. */
  dryRun: boolean;
  client: ClientClaims;
  /** Null where there is none. */
  body: RequestBody | null;
  /**
   * Whether it changes how many replicas there are, as a dry run showed: `unknown` where none could tell. A write to a
   * `scale` subresource does in any case.
   */
  scales: 'yes' | 'no' | 'unknown';
  /** What could not be determined about it. */
  unknown: readonly string[];
  /** True where it asks to be carried out as somebody else. */
  impersonates?: boolean;
  /** The session that it opens. */
  opens?: SessionId;
  /** The refused request that it repeats over another protocol. */
  repeats?: string;
  /** The object as it is and as it would be, null for none; found out only where a rule asks about them. */
  objects?: { before: Json | null; after: Json | null };
  /** What it would do; found out only where a human is asked. */
  effect?: Effect;
  /** True where the server refuses it as things stand: nobody has to be asked about it. */
  moot?: boolean;
}

/** What a request would do, as the API server says. */
export interface Effect {
  /** What is told of it for ever. */
  summary: RequestEffect;
  /** What of it an approval is bound to. */
  exact: unknown;
  /** What a human is shown: `AskedEffect` as JSON, masked; null for nothing more than the summary. */
  shown: Uint8Array | null;
}

/** What an agent is about to do with a tool of its own, as its hooks tell it. */
export interface ToolAction {
  kind: 'tool';
  /** Call a tool over MCP, read a file, edit one. */
  use: ToolUse;
  /** Name of the tool; empty where it is not told. */
  tool: string;
  /** URL or command line of the MCP server; empty for a file. */
  server: string;
  /** Of a file: absolute and normalised; empty where that is not known. */
  path: string;
  /** What the tool is given; undefined where it could not be decoded, so that nothing which looks into it can be sure. */
  input: Json | undefined;
  /** The same as it came; empty for nothing. */
  recorded: Uint8Array;
  cwd: string;
  home?: string;
  /** What could not be determined about it. */
  unknown: readonly string[];
}

/** A closed union. */
export type Action = CommandAction | KubeAction | ToolAction;

/** The gate's answer. */
export type Verdict = { ok: true; decision: Decision; held?: Held } | Refused;

/** An approval, and what it is for: exactly that, on those terms. */
export interface Held {
  digest: string;
  terms: Terms;
  mark: ApprovalMark;
}

export interface Refused {
  ok: false;
  decision: Decision;
  /** Where a human was asked. */
  approval?: ApprovalMark;
  /** One or two lines: which rule, why, what to do instead. See denial.ts for more of it. */
  message: string;
}

/** The recorded form of a simple command. */
export function summarise(command: SimpleCommand): CommandSummary {
  const isVeiled = (place: number) => command.veiled?.includes(place) === true;
  return {
    program: isVeiled(0) ? '?' : (command.program ?? '?'),
    argv: command.argv.map((word, place) => (isVeiled(place) ? '?' : (word ?? '?'))),
    via: [...command.via],
  };
}

/** Paths of one line that are recorded, and characters of one. */
const MOST_WRITES = 64;
const LONGEST_WRITE = 4096;

/**
 * Paths that it certainly writes, deletes or changes, as globs; what is below, too, with `/**` at the end. Devices are
 * left out, and commands in which the value of a variable stands: that may be a part of the path.
 */
export function writesOf({ commands }: Pick<CommandAction, 'commands'>): string[] {
  const paths = new Set<string>();
  for (const { touches, veiled = [] } of commands) {
    if (veiled.length > 0) continue;
    for (const { role, path, recursive, certain } of touches) {
      if (role === 'reads' || !certain || path.startsWith('/dev/') || path.length > LONGEST_WRITE) continue;
      if (paths.size >= MOST_WRITES) return [...paths];
      paths.add(path);
      if (recursive) paths.add(`${path}/**`);
    }
  }
  return [...paths];
}
