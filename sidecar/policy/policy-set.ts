/** Policies compiled for judging: patterns made ready, rules found by program. */
import type { Effect } from '../../recorder/audit/decision.ts';
import type { Identity } from '../../recorder/audit/identity.ts';
import type { KubeAction } from '../action.ts';
import type { Masking } from '../mask/rules.ts';
import { MAYBE, NO } from '../match/tri.ts';
import { ALONE, type Surroundings } from './builtin-api/surroundings.ts';
import {
  type CompiledApiRule,
  type CompiledRule,
  type CompiledToolRule,
  compileApiRule,
  compileCommandRule,
  compileExecRule,
  compileToolRule,
  type IndexedRule,
} from './compiled-rule.ts';
import { compileMasking, type StatedMasking, strictest } from './masking.ts';
import type { Approvals } from './schema/approvals.ts';
import type { AgentPolicy } from './schema.ts';
import { strictPart } from './strict-part.ts';
import { compileSubjects } from './subjects.ts';
import { missingObjects, type WhenCompiler } from './when/facts.ts';

export type { CompiledApiRule, CompiledRule } from './compiled-rule.ts';

/** What a policy gives to a thing of each kind that no rule matches, and to what cannot be understood. */
export type Defaults = Partial<Record<'commands' | 'api' | 'exec' | 'tools' | 'unknown', Effect | undefined>>;

export interface CompiledPolicy {
  name: string;
  defaults: Defaults;
  /** The rules over requests to the Kubernetes API, those of `exec` among them. */
  api: readonly CompiledApiRule[];
  tools: readonly CompiledToolRule[];
  recordsInput: boolean;
  recordsThoughts: boolean;
  /** The most bytes of a request's body that are kept; undefined where the policy does not say. */
  bodyBytes: number | undefined;
  masking: StatedMasking;
  approvals: Approvals;
  onRecorderFailure: 'deny' | 'continue' | undefined;
  /** The rules that could match a command of this program, which touches paths in these roles; null is a computed one. */
  rulesFor(program: string | null, roles?: number): readonly CompiledRule[];
}

const DEFAULT_BODY_BYTES = 8 * 1024 * 1024;

/** What the policies come to for one identity, whatever it asks for. */
interface Standing {
  applying: readonly CompiledPolicy[];
  masking: Masking;
  keptBytes: number;
}

export class PolicySet {
  readonly #policies: readonly ((identity: Identity) => CompiledPolicy | null)[];
  /** A session's identity is one object that nobody changes, and a state of the policies a set of its own. */
  readonly #standing = new WeakMap<Identity, Standing>();

  /** What the built-in rules protect. */
  readonly surroundings: Surroundings;

  /** @param when compiles the expressions of rules; needed where there are any */
  constructor(policies: readonly AgentPolicy[], surroundings: Surroundings = ALONE, when?: WhenCompiler) {
    this.surroundings = surroundings;
    this.#policies = policies.map((policy) => forSubjects(policy, when));
  }

  applyingTo(identity: Identity): readonly CompiledPolicy[] {
    return this.#standingOf(identity).applying;
  }

  /** Whether input is recorded: it is as soon as one policy that applies says so. */
  recordsInput(identity: Identity): boolean {
    return this.applyingTo(identity).some((policy) => policy.recordsInput);
  }

  /** Whether what a model thinks is kept: it is as soon as one policy that applies says so. */
  recordsThoughts(identity: Identity): boolean {
    return this.applyingTo(identity).some((policy) => policy.recordsThoughts);
  }

  /** The most bytes that are kept of a body: the most that a policy which applies says. */
  keptBytes(identity: Identity): number {
    return this.#standingOf(identity).keptBytes;
  }

  /** Whether what cannot be recorded may happen: only where all that say something about it say so. */
  continuesUnrecorded(identity: Identity): boolean {
    const stated = this.applyingTo(identity).flatMap(({ onRecorderFailure }) => onRecorderFailure ?? []);
    return stated.length > 0 && stated.every((one) => one === 'continue');
  }

  /** Whether a rule that may be about this write asks for an object that only the API server has. */
  asksForObjects(action: KubeAction, identity: Identity): boolean {
    const missing = missingObjects(action);
    if (missing.length === 0) return false;
    const asks = ({ when, matches }: CompiledApiRule) =>
      when !== undefined && missing.some((name) => when.uses.has(name)) && matches(action) !== NO;
    return this.applyingTo(identity).some(({ api }) => api.some(asks));
  }

  /** What is masked of what passes for this identity. */
  masking(identity: Identity): Masking {
    return this.#standingOf(identity).masking;
  }

  #standingOf(identity: Identity): Standing {
    let standing = this.#standing.get(identity);
    if (standing === undefined) {
      standing = standingOf(this.#policies.flatMap((policyFor) => policyFor(identity) ?? []));
      this.#standing.set(identity, standing);
    }
    return standing;
  }
}

function standingOf(applying: readonly CompiledPolicy[]): Standing {
  const bytes = applying.flatMap(({ bodyBytes }) => bodyBytes ?? []);
  return {
    applying,
    masking: strictest(applying.map(({ masking }) => masking)),
    keptBytes: bytes.length === 0 ? DEFAULT_BODY_BYTES : Math.max(...bytes),
  };
}

/** What of a policy counts for whom; null for nothing of it. */
function forSubjects(
  policy: AgentPolicy,
  when: WhenCompiler | undefined,
): (identity: Identity) => CompiledPolicy | null {
  const applies = compileSubjects(policy.spec.subjects);
  const whole = compile(policy, when);
  const strict = policy.spec.subjects?.some(({ podLabels }) => podLabels)
    ? compile(strictPart(policy), when)
    : whole;
  return (identity) => {
    const answer = applies(identity);
    if (answer === NO) return null;
    return answer === MAYBE ? strict : whole;
  };
}

function compile(policy: AgentPolicy, when: WhenCompiler | undefined): CompiledPolicy {
  const { name } = policy.metadata;
  const {
    commands = [],
    api = [],
    exec = [],
    tools = [],
    defaults = {},
    recording,
    masking,
    approvals = {},
  } = policy.spec;
  const compiling = { policy: name, when };
  const remote = exec.map((rule) => compileExecRule(compiling, rule));
  return {
    name,
    defaults: { ...defaults, exec: defaults.exec ?? defaults.api },
    api: [...api.map((rule) => compileApiRule(compiling, rule)), ...remote.map(({ request }) => request)],
    tools: tools.map((rule) => compileToolRule(compiling, rule)),
    recordsInput: recording?.input === true,
    recordsThoughts: recording?.thoughts === true,
    bodyBytes: bodyBytes(recording?.bodies),
    masking: compileMasking(masking),
    approvals,
    onRecorderFailure: recording?.onRecorderFailure,
    rulesFor: index([
      ...commands.map((rule) => compileCommandRule(compiling, rule)),
      ...remote.flatMap(({ command }) => command ?? []),
    ]),
  };
}

function bodyBytes(said: 'full' | 'none' | { limit: number } | undefined): number | undefined {
  if (said === 'full') return Number.POSITIVE_INFINITY;
  return said === 'none' ? 0 : said?.limit;
}

/** Programs whose rules are remembered. */
const REMEMBERED = 1024;

function index(
  rules: readonly IndexedRule[],
): (program: string | null, roles?: number) => readonly CompiledRule[] {
  const byProgram = new Map<string, (readonly CompiledRule[])[]>();
  return (program, roles = 15) => {
    if (program === null) return rules;
    let byRoles = byProgram.get(program);
    if (byRoles === undefined) {
      if (byProgram.size >= REMEMBERED) byProgram.clear();
      byRoles = [];
      byProgram.set(program, byRoles);
    }
    byRoles[roles] ??= rules.filter((rule) => (rule.needs & roles) === rule.needs && rule.concerns(program));
    return byRoles[roles];
  };
}
