/**
 * Three-valued logic (Kleene): a condition on a command holds, does not, or depends on what only running it
 * would tell. Ordered, so that `and` is the minimum and `or` the maximum.
 */
export const NO = 0;
export const MAYBE = 1;
export const YES = 2;
export type Tri = typeof NO | typeof MAYBE | typeof YES;

/** What is certain either way. */
export function sure(holds: boolean): Tri {
  return holds ? YES : NO;
}

/** The weaker of two. */
export function both(a: Tri, b: Tri): Tri {
  return a < b ? a : b;
}

/** The strongest answer over `items`; NO for none. */
export function some<T>(items: readonly T[], test: (item: T, place: number) => Tri): Tri {
  let best: Tri = NO;
  for (let place = 0; place < items.length; place++) {
    const answer = test(items[place]!, place);
    if (answer === YES) return YES;
    if (answer > best) best = answer;
  }
  return best;
}

/** The weakest answer over `items`; YES for none. */
export function every<T>(items: readonly T[], test: (item: T) => Tri): Tri {
  let worst: Tri = YES;
  for (const item of items) {
    const answer = test(item);
    if (answer === NO) return NO;
    if (answer < worst) worst = answer;
  }
  return worst;
}

/** The opposite; what depends, depends still. */
export function not(answer: Tri): Tri {
  return answer === YES ? NO : answer === NO ? YES : MAYBE;
}
