/** How many of `values` come first and belong, where all that belong come first. */
export function countWhile<T>(values: readonly T[], belongs: (value: T) => boolean): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (belongs(values[middle]!)) low = middle + 1;
    else high = middle;
  }
  return low;
}
