/** Gathers what was found under the credential that it is about. Pure, and bounded. */
import type { SessionSummary } from '../log/ports.ts';
import type { Credential, Use, Verdict } from './credential.ts';

/** Uses that are named; the rest are counted. */
const MAX_USES = 10;
/** More are not told apart: by then it is not a person who reads it. */
const MAX_CREDENTIALS = 20_000;
/** Characters of what was done. */
const LONGEST = 200;

export interface Finding extends Pick<Credential, 'kind' | 'name' | 'where' | 'verdict' | 'why'> {
  use: Use;
}

export class Findings {
  readonly #found = new Map<string, Credential>();
  /** True where there were more than are kept. */
  overflow = false;

  add({ use, ...of }: Finding): void {
    const key = JSON.stringify([of.kind, of.where, of.name]);
    const known = this.#found.get(key);
    if (known !== undefined) merge(known, of, use);
    else if (this.#found.size >= MAX_CREDENTIALS) this.overflow = true;
    else this.#found.set(key, { ...of, count: 1, first: use.at, last: use.at, uses: [use] });
  }

  /** What has to be rotated first, then by kind and name. */
  list(): Credential[] {
    return [...this.#found.values()].sort(
      (a, b) => rank(a.verdict) - rank(b.verdict) || compare(a.kind, b.kind) || compare(a.name, b.name),
    );
  }
}

function merge(known: Credential, of: Omit<Finding, 'use'>, use: Use): void {
  if (rank(of.verdict) < rank(known.verdict)) Object.assign(known, { verdict: of.verdict, why: of.why });
  known.count += 1;
  known.first = Math.min(known.first, use.at);
  known.last = Math.max(known.last, use.at);
  if (known.uses.length < MAX_USES) known.uses.push(use);
}

function rank(verdict: Verdict): number {
  return verdict === 'rotate' ? 0 : 1;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** @param what cut to a line that can be listed */
export function useOf(
  { id, startedAt }: SessionSummary,
  { seq, at }: Pick<Use, 'seq' | 'at'>,
  what: string,
): Use {
  const into = Math.max(0, at - startedAt);
  return { session: id, seq, at, into, what: what.length > LONGEST ? `${what.slice(0, LONGEST)}…` : what };
}
