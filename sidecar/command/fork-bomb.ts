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
  const circle = circles(calls);
  const found: number[] = [];
  for (const [name, sites] of calls) {
    const back = sites.filter((site) => circle.get(site.callee) === circle.get(name));
    if (back.length >= 2 && back.some((site) => site.concurrent))
      found.push(...back.map((site) => site.place));
  }
  return found;
}

/**
 * Functions that reach each other have the same number: the strongly connected components, found by Tarjan's
 * algorithm in one pass over all calls, without recursion.
 */
function circles(calls: ReadonlyMap<string, readonly CallSite[]>): Map<string, number> {
  const circle = new Map<string, number>();
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const open: string[] = [];
  for (const root of calls.keys()) {
    if (order.has(root)) continue;
    const path: { name: string; next: number }[] = [];
    const enter = (name: string) => {
      order.set(name, order.size);
      low.set(name, order.get(name)!);
      open.push(name);
      path.push({ name, next: 0 });
    };
    for (enter(root); path.length > 0; ) {
      const here = path.at(-1)!;
      const site = calls.get(here.name)?.[here.next++];
      if (site === undefined) {
        path.pop();
        const caller = path.at(-1)?.name;
        if (caller !== undefined) low.set(caller, Math.min(low.get(caller)!, low.get(here.name)!));
        if (low.get(here.name) === order.get(here.name)) close(here.name);
      } else if (!order.has(site.callee)) enter(site.callee);
      else if (!circle.has(site.callee))
        low.set(here.name, Math.min(low.get(here.name)!, order.get(site.callee)!));
    }
  }
  return circle;

  function close(head: string): void {
    for (let name = open.pop()!; ; name = open.pop()!) {
      circle.set(name, order.get(head)!);
      if (name === head) return;
    }
  }
}
