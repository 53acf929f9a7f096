/** What the analysis has found so far, and how much more work it may do. */
import type { parse } from 'unbash';
import type { ApiIntent, Capability, Redirection, SimpleCommand, Touch, Unknown } from '../action.ts';
import type { Call } from './call.ts';
import type { Listing } from './code/listing.ts';
import type { Places } from './files/consequences.ts';
import { Made } from './files/made.ts';
import { type CallSite, forkBombs } from './fork-bomb.ts';
import { bodiesIn } from './inherited.ts';
import { LIMITS, LimitReached, shown } from './limits.ts';
import { type Changes, changesIn, type Input, type Range, type Scope } from './scope.ts';

/** A simple command before it is entered. */
export interface Entry {
  program: string | null;
  path?: string;
  argv: (string | null)[];
  openEnded: boolean;
  env: SimpleCommand['env'];
  redirections: Redirection[];
  touches: Touch[];
  capabilities: Capability[];
  requests: ApiIntent[];
  hosts: (string | null)[];
  text: string;
}

/** How scripts are read at a place, as text or parsed; what is in them is added to what was found. */
export interface Reader {
  script(found: Found, text: string, scope: Scope): void;
  tree(found: Found, script: ParsedScript, scope: Scope): void;
  /** Enters one simple command, and follows what it runs. */
  call(found: Found, call: Call, scope: Scope): void;
}

type ParsedScript = ReturnType<typeof parse>;

/** What the shell that is about to run the line hands on to what it starts. */
export interface Session {
  /** Directories that it looks for programs in already, and asks nobody about. */
  search: ReadonlySet<string>;
  exported: ReadonlySet<string>;
  /** As `export -f` prints them. */
  functions: string;
}

const NO_SESSION: Session = { search: new Set(), exported: new Set(), functions: '' };

/** What a call of the parser costs by itself, in characters. */
const PARSE = 16;

export class Found {
  readonly #reader: Reader;
  /** What a command is known to print, by its index. */
  readonly outputs = new Map<number, string>();
  /** Of commands that print paths which ones, by their index. */
  readonly listings = new Map<number, Listing>();
  /** Who runs what goes into the `>(…)` of the command being read. */
  readonly sinks: string[][] = [];
  /** For each program a range of which all is marked as run by it. */
  readonly #marked = new Map<string, Range>();
  readonly #bodies = new Map<string, CallSite[]>();
  readonly commands: SimpleCommand[] = [];
  readonly functions: string[] = [];
  /** Files and links that the line makes. */
  readonly made = new Made();
  /** Files whose content was taken as it stands, and scripts that are being read. */
  readonly taken: string[] = [];
  readonly reading = new Set<string>();
  /** Names of aliases that the line defines. */
  readonly aliases = new Set<string>();
  readonly unknown: Unknown[] = [];
  /** Variables that may not be assigned any more. */
  readonly readonly = new Set<string>();
  /** Inputs that a command may have read from already: what is left of them is not known. */
  readonly read = new Set<Input>();
  /** What is known in the body of a function where it is defined. */
  readonly definitions = new Map<string, Pick<Scope, 'cwd' | 'variables'>>();
  /** The script that is being read: positions in its tree point into it. */
  source = '';
  #changes: { source: string; changes: Changes } | null = null;
  #words = 0;
  #work = 0;
  #pipelines = 0;
  readonly #taken = { touches: 0, requests: 0, hosts: 0 };
  #programs = 0;

  /** Where who runs it is at home, and what is worked on. */
  readonly places: Places;
  /** Variables that what is started inherits. */
  readonly exported: ReadonlySet<string>;
  readonly search: ReadonlySet<string>;
  /** Bodies of functions that a bash inherits, once one has been started. */
  inherited: ReadonlyMap<string, string> = new Map();
  readonly #functions: string;

  constructor(reader: Reader, places: Places, session: Session = NO_SESSION) {
    this.#reader = reader;
    this.places = places;
    this.exported = session.exported;
    this.search = session.search;
    this.#functions = session.functions;
  }

  /** To be called where a shell is started: from here on it may call them. False where they cannot be read. */
  inherits(): boolean {
    if (this.#functions === '' || this.inherited.size > 0) return true;
    if (!this.affords(this.#functions.length)) return false;
    const bodies = bodiesIn(this.#functions);
    this.inherited = bodies ?? this.inherited;
    return bodies !== null;
  }

  /** What the script that is being read changes, and where; told once for each script. */
  changes(): Changes {
    if (this.#changes?.source !== this.source)
      this.#changes = { source: this.source, changes: changesIn(this.source) };
    return this.#changes.changes;
  }

  /** To be called before `length` more characters are parsed. */
  spend(length: number): void {
    this.#work += length + PARSE;
    if (this.#work > LIMITS.work) throw new LimitReached('work');
  }

  /** Spends that much, unless it is more than is left. */
  affords(work: number): boolean {
    if (this.#work + work > LIMITS.work) return false;
    this.#work += work;
    return true;
  }

  /** Reads code that was found in a word. */
  script(text: string, scope: Scope): void {
    this.#reader.script(this, text, scope);
  }

  /** Reads a script that is part of the one being read. */
  tree(script: ParsedScript, scope: Scope): void {
    this.#reader.tree(this, script, scope);
  }

  /** Enters a command that another one runs. */
  call(call: Call, scope: Scope): void {
    this.#reader.call(this, call, scope);
  }

  /** As many of `things` as rules may still be asked of for one line; that there are more of them makes it unknown. */
  within<T>(limit: 'touches' | 'requests' | 'hosts', things: T[], text: string): T[] {
    const left = LIMITS[limit] - this.#taken[limit];
    this.#taken[limit] += things.length;
    if (things.length <= left) return things;
    this.doubt('limit', new LimitReached(limit).message, text);
    return things.slice(0, Math.max(left, 0));
  }

  /** Adds a command and gives its index. The one that goes over the number of words is still looked at. */
  enter(entry: Entry, scope: Scope): number {
    if (this.commands.length >= LIMITS.commands) throw new LimitReached('commands');
    if (this.#words > LIMITS.words) throw new LimitReached('words');
    this.#words += entry.argv.length;
    const inProgram = this.#programs > 0 && ({ inProgram: true } as const);
    this.commands.push({ ...entry, ...inProgram, via: scope.via, pipeline: scope.pipeline, outputRunBy: [] });
    const place = this.commands.length - 1;
    if (scope.body !== null && entry.program) this.#called(entry.program, place, scope.body);
    return place;
  }

  #called(callee: string, place: number, body: NonNullable<Scope['body']>): void {
    const sites = this.#bodies.get(body.name) ?? [];
    const site = { callee, place, concurrent: body.concurrent, always: body.always };
    sites.push(...(body.repeated ? [site, site] : [site]));
    this.#bodies.set(body.name, sites);
  }

  /** To be called when all is read. */
  markForkBombs(): void {
    const certain = new Set(forkBombs(this.#bodies, false));
    for (const place of certain) this.commands[place]!.capabilities.push('fork-bomb');
    const possible = certain.size > 0 ? undefined : forkBombs(this.#bodies, true)[0];
    if (possible !== undefined)
      this.doubt('computed-argument', 'a function that may multiply', this.commands[possible]!.text);
  }

  doubt(code: Unknown['code'], message: string, text: string): void {
    if (this.#programs > 0) return;
    if (this.unknown.length < LIMITS.commands) this.unknown.push({ code, message, text: shown(text) });
  }

  /** Reads what a program is made of: what is not understood in there is not held against it. */
  inProgram(read: () => void): void {
    this.#programs++;
    try {
      read();
    } finally {
      this.#programs--;
    }
  }

  /** Whether a command so far gets something from another machine. */
  fetches(): boolean {
    return this.commands.some(({ capabilities }) => capabilities.includes('network-fetch'));
  }

  newPipeline(): number {
    return ++this.#pipelines;
  }

  /** Marks that `program` runs as code what the commands in `ranges` print. */
  runsOutputOf(ranges: readonly Range[], program: string): void {
    for (const [from, to] of ranges) {
      // Along a pipeline of shells each range goes on where the last one ended.
      const last = this.#marked.get(program);
      const start = last !== undefined && last[0] <= from && from <= last[1] ? Math.max(from, last[1]) : from;
      for (let place = start; place < to; place++) {
        const names = this.commands[place]!.outputRunBy;
        if (!names.includes(program)) names.push(program);
      }
      this.#marked.set(program, start === from ? [from, to] : [last![0], Math.max(last![1], to)]);
    }
  }

  /** The text that comes from `input`, where it is known and nothing has read of it. */
  textOf(input: Input): string | null {
    return (input.kind === 'pipe' || input.kind === 'here') && !this.read.has(input) ? input.text : null;
  }

  /** Below which places the paths lie that come from `input`; each line of them is one, also after some were read. */
  pathsOf(input: Input): Listing | null {
    return input.kind === 'pipe' ? (input.paths ?? null) : null;
  }

  /** Marks that `program` runs as code what comes from `input`. */
  runsInput(input: Input, program: string): void {
    if (input.kind === 'pipe' || input.kind === 'here') this.runsOutputOf(input.from, program);
    else if (input.kind === 'sink') input.runners.push(program);
  }
}
