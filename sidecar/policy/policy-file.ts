/** The policy in force as a file: made from the default when missing, watched, a broken change refused. */
import { createHash, randomBytes } from 'node:crypto';
import { type FSWatcher, watch } from 'node:fs';
import { link, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { Terms } from '../../recorder/approvals/asking.ts';
import { canonicalText } from '../../recorder/audit/canonical.ts';
import type { Decision } from '../../recorder/audit/decision.ts';
import type { Identity } from '../../recorder/audit/identity.ts';
import type { Micros } from '../../recorder/audit/units.ts';
import { ChaperoneError } from '../../recorder/errors.ts';
import type { Explanation } from '../../recorder/server/explanation.ts';
import { makePrivateDirectory } from '../../recorder/store/directory.ts';
import { reasonOf } from '../../recorder/store/fault.ts';
import { readRegularFile } from '../../recorder/store/regular-file.ts';
import type { Action, KubeAction } from '../action.ts';
import type { PolicyInForce } from '../gate.ts';
import type { Masking } from '../mask/rules.ts';
import { termsOf } from './approval-terms.ts';
import { ALONE, type Surroundings } from './builtin-api/surroundings.ts';
import { decide } from './decide.ts';
import { MAX_POLICY_BYTES, type ReadDocument } from './documents.ts';
import { evaluate } from './evaluate.ts';
import { explain } from './explain.ts';
import type { Judgement } from './judgement.ts';
import { parseDocuments } from './parse.ts';
import { PolicySet } from './policy-set.ts';
import type { AgentPolicy } from './schema.ts';
import type { WhenCompiler } from './when/facts.ts';

/** One state of a policy file. Never changes; a new state is a new object. */
export class LoadedPolicy implements PolicyInForce {
  readonly policies: readonly AgentPolicy[];
  /** `sha256:` and the hex digest of the policies in canonical form, ordered by name. */
  readonly digest: string;
  readonly #set: PolicySet;

  /** @param when compiles the expressions of rules; needed where there are any */
  constructor(policies: readonly AgentPolicy[], surroundings: Surroundings = ALONE, when?: WhenCompiler) {
    this.policies = policies;
    this.digest = digestOf(policies);
    this.#set = new PolicySet(policies, surroundings, when);
  }

  decide(action: Action, identity: Identity, now?: Micros): Decision {
    return decide(this.#set, action, identity, now);
  }

  /** Each part of it judged: the decision is the strictest. */
  evaluate(action: Action, identity: Identity, now?: Micros): Judgement[] {
    return evaluate(this.#set, action, identity, now);
  }

  /** Why it decides so. */
  explain(action: Action, identity: Identity, now?: Micros): Explanation {
    const { digest, policies } = this;
    return explain({ set: this.#set, policies, digest }, { action, identity, now });
  }

  /** Who may decide on what the policy asks about, and for how long; null where nobody may. */
  approvalTerms(action: Action, identity: Identity, now?: Micros): Terms | null {
    return termsOf(this.#set.applyingTo(identity), evaluate(this.#set, action, identity, now));
  }

  /** Whether what cannot be recorded may happen, for this identity. */
  continuesUnrecorded(identity: Identity): boolean {
    return this.#set.continuesUnrecorded(identity);
  }

  /** Whether what this identity types is recorded. */
  recordsInput(identity: Identity): boolean {
    return this.#set.recordsInput(identity);
  }

  /** Whether what a model thinks is kept. */
  recordsThoughts(identity: Identity): boolean {
    return this.#set.recordsThoughts(identity);
  }

  /** The most bytes that are kept of a request's body, and of an answer's. */
  keptBytes(identity: Identity): number {
    return this.#set.keptBytes(identity);
  }

  /** Whether a rule that may be about this write asks for an object that only the API server has. */
  asksForObjects(action: KubeAction, identity: Identity): boolean {
    return this.#set.asksForObjects(action, identity);
  }

  /** What is masked of what passes for this identity. */
  masking(identity: Identity): Masking {
    return this.#set.masking(identity);
  }
}

/** Layout, comments and the order of documents do not count; what is said does. */
function digestOf(policies: readonly AgentPolicy[]): string {
  const ordered = [...policies].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  return `sha256:${createHash('sha256').update(canonicalText(ordered)).digest('hex')}`;
}

/**
 * Reads a policy file once.
 * @throws ChaperoneError `POLICY_INVALID`, with the place; `NOT_FOUND` where it cannot be read
 */
export async function readPolicy(path: string, surroundings: Surroundings = ALONE): Promise<LoadedPolicy> {
  const { documents, when } = await readPolicies(path);
  const policies = documents.map(({ value }) => value);
  return new LoadedPolicy(policies, surroundings, when);
}

/** The same, and where everything stands in the file. @throws as readPolicy does */
export async function readPolicyDocuments(path: string): Promise<readonly ReadDocument<AgentPolicy>[]> {
  return (await readPolicies(path)).documents;
}

async function readPolicies(path: string) {
  return read(await readDocumentText(path), path);
}

/**
 * A policy that is in no file.
 * @param source what the text is called in messages
 * @throws ChaperoneError `POLICY_INVALID`, with the place
 */
export async function policyOf(text: string, source: string): Promise<LoadedPolicy> {
  const { documents, when } = await read(text, source);
  return new LoadedPolicy(
    documents.map(({ value }) => value),
    ALONE,
    when,
  );
}

async function read(text: string, source: string) {
  // The evaluator takes a while to come up.
  const when = /\bwhen\W*:/.test(text) ? (await import('./when/compile.ts')).compileWhen : undefined;
  return { documents: parseDocuments(text, source, when), when };
}

/** The text of the policy that ships with Chaperone. */
export function defaultPolicyText(): Promise<string> {
  return readFile(new URL('./default.yaml', import.meta.url), 'utf8');
}

/**
 * The text of a file of documents. A mounted ConfigMap is a link.
 * @throws ChaperoneError `POLICY_INVALID` where it is no text; `NOT_FOUND` where it cannot be read
 */
export async function readDocumentText(path: string): Promise<string> {
  const file = await readRegularFile(path, { limit: MAX_POLICY_BYTES, links: true }).catch(
    (error: ChaperoneError) => {
      if (error.code === 'TOO_LARGE')
        throw new ChaperoneError('POLICY_INVALID', `${path}:1:1: larger than ${MAX_POLICY_BYTES} bytes`);
      throw new ChaperoneError('NOT_FOUND', error.message, { cause: error });
    },
  );
  if (file === null) throw new ChaperoneError('NOT_FOUND', `${path}: there is no such file`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(file.bytes);
  } catch {
    throw new ChaperoneError('POLICY_INVALID', `${path}:1:1: not UTF-8`);
  }
}

export interface PolicyFileOptions {
  /** What the built-in rules protect, where something is installed in the cluster. */
  surroundings?: Surroundings;
  /** Called with every policy that comes into force, the first one included. */
  onLoaded?: (policy: LoadedPolicy) => void;
  /** Called where a change is refused; the former policy stays in force. */
  onRejected?: (error: ChaperoneError) => void;
  /** Called where the file is valid again after a refused change. */
  onMended?: () => void;
  /** Milliseconds between looks at the file, for file systems that tell nothing. */
  pollInterval?: number;
}

/** A burst of events (write, rename, chmod) is one change. */
const SETTLE = 50;
const POLL = 1000;
/** A file that changes under each of so many readings is taken as the last one found it. */
const ATTEMPTS = 5;

export class PolicyFile {
  readonly path: string;
  readonly #options: PolicyFileOptions;
  #current: LoadedPolicy;
  #watcher: FSWatcher | null = null;
  #poll: NodeJS.Timeout | null = null;
  #settling: NodeJS.Timeout | null = null;
  #seen = '';
  #reading: Promise<void> = Promise.resolve();
  #complaint = '';

  private constructor(path: string, options: PolicyFileOptions, first: LoadedPolicy) {
    this.path = path;
    this.#options = options;
    this.#current = first;
  }

  /**
   * Opens the file, and makes it from the default policy if there is none.
   * @throws ChaperoneError `POLICY_INVALID` for a broken file: at the start there is no former policy to keep
   */
  static async open(path: string, options: PolicyFileOptions = {}): Promise<PolicyFile> {
    await createIfMissing(path);
    const seen = await signature(path);
    const file = new PolicyFile(path, options, await readPolicy(path, options.surroundings));
    file.#seen = seen;
    file.#watch();
    options.onLoaded?.(file.#current);
    return file;
  }

  /** What is wrong with the file, where the policy in force is not what it says; null where it is. */
  get complaint(): string | null {
    return this.#complaint === '' ? null : this.#complaint;
  }

  /** The policy in force. */
  current(): LoadedPolicy {
    return this.#current;
  }

  /** Looks at the file now; resolves when what it says is in force or refused. */
  reload(): Promise<void> {
    this.#reading = this.#reading.then(() => this.#load());
    return this.#reading;
  }

  async close(): Promise<void> {
    this.#watcher?.close();
    if (this.#poll !== null) clearInterval(this.#poll);
    this.#poll = null;
    if (this.#settling !== null) clearTimeout(this.#settling);
    await this.#reading;
  }

  /** The directory is watched, for editors replace a file by renaming another over it. */
  #watch(): void {
    const name = basename(this.path);
    try {
      this.#watcher = watch(dirname(this.path), { persistent: false }, (_, changed) => {
        // Kubernetes swaps the link `..data` when a mounted ConfigMap changes.
        if (changed === null || changed === name || changed === '..data') this.#settle();
      });
      this.#watcher.on('error', () => this.#watcher?.close());
    } catch {
      // Out of watches, or a file system without them: polling is enough.
    }
    this.#poll = setInterval(() => this.#look(), this.#options.pollInterval ?? POLL);
    this.#poll.unref();
  }

  #settle(): void {
    if (this.#settling !== null) clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      this.#settling = null;
      void this.reload();
    }, SETTLE);
    this.#settling.unref();
  }

  async #look(): Promise<void> {
    const changed = (await signature(this.path)) !== this.#seen;
    // A watch that is about to look has no need of another, and after the end nobody has.
    if (changed && this.#settling === null && this.#poll !== null) this.#settle();
  }

  async #load(): Promise<void> {
    const { seen, outcome } = await this.#read();
    this.#seen = seen;
    if (outcome instanceof ChaperoneError) {
      // The same complaint is made once.
      if (outcome.message === this.#complaint) return;
      this.#complaint = outcome.message;
      this.#options.onRejected?.(outcome);
      return;
    }
    if (outcome.digest !== this.#current.digest) {
      this.#current = outcome;
      this.#options.onLoaded?.(outcome);
    }
    if (this.#complaint !== '') this.#options.onMended?.();
    this.#complaint = '';
  }

  /** What the file says, read again where it changed meanwhile: half a file is no change that anybody made. */
  async #read(): Promise<{ seen: string; outcome: LoadedPolicy | ChaperoneError }> {
    for (let attempt = 1; ; attempt++) {
      const seen = await signature(this.path);
      const outcome = await readPolicy(this.path, this.#options.surroundings).catch((error: unknown) => {
        if (error instanceof ChaperoneError) return error;
        throw error;
      });
      if (attempt === ATTEMPTS || seen === (await signature(this.path))) return { seen, outcome };
    }
  }
}

/** Changes whenever the file may have changed. */
async function signature(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return `${ino}:${size}:${mtimeNs}:${ctimeNs}`;
  } catch {
    return 'missing';
  }
}

/** Whole or not at all, and never over a file that is there. */
async function createIfMissing(path: string): Promise<void> {
  if ((await signature(path)) !== 'missing') return;
  await makePrivateDirectory(dirname(path));
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await writeFile(draft, await defaultPolicyText(), { mode: 0o600, flag: 'wx' });
    await link(draft, path);
  } catch (error) {
    // Another process was faster.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
      throw new ChaperoneError('NOT_FOUND', `${path}: cannot be made: ${reasonOf((error as Error).message)}`);
    }
  } finally {
    await rm(draft, { force: true });
  }
}
