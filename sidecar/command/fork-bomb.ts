/**
 * Fork bombs by structure: a function whose every call starts at least two more calls of it, at least one of
 * them in a process of its own. `:(){ :|:& };:` is one in any spelling, with any names, through other functions too.
 */

/** A call of a function in the body of another. */
export interface CallSite {
  callee: string;
  /** Index of the call among the commands found. */
  place: number;
  /** True if it runs in a process of its own: in a pipeline, or in the background. */
  concurrent: boolean;
  /** True if it runs whenever the body does. */
  always: boolean;
}

/**
 * @param sometimes counts the calls as well that a condition may keep from being made
 * @returns the places of the calls by which functions multiply.
 */
export function forkBombs(bodies: ReadonlyMap<string, readonly CallSite[]>, sometimes: boolean): number[] {
  const calls = new Map<string, readonly CallSite[]>();
  for (const [name, sites] of bodies)
    calls.set(name, sometimes ? sites : sites.filter(({ always }) => always));
  const found: number[] = [];
  for (const [name, sites] of calls) {
    const back = sites.filter((site) => reaches(calls, site.callee, name));
    if (back.length >= 2 && back.some((site) => site.concurrent))
      found.push(...back.map((site) => site.place));
  }
  return found;
}

/** Functions looked at in one line; a line with more is far from the point of this check. */
const FUNCTIONS = 256;

function reaches(bodies: ReadonlyMap<string, readonly CallSite[]>, from: string, to: string): boolean {
  const seen = new Set<string>();
  const next = [from];
  while (next.length > 0 && seen.size < FUNCTIONS) {
    const name = next.pop()!;
    if (name === to) return true;
    if (seen.has(name)) continue;
    seen.add(name);
    for (const site of bodies.get(name) ?? []) next.push(site.callee);
  }
  return false;
}
