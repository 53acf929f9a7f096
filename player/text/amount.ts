/** Numbers as people read them. */

/** `1 command`, `3 commands`. */
export function count(amount: number, noun: string): string {
  return `${amount.toLocaleString('en-GB')} ${noun}${amount === 1 ? '' : 's'}`;
}

/** `35 bytes`, `1.4 MiB`. */
export function byteCount(amount: number): string {
  if (amount < 1024) return `${amount} bytes`;
  const units = ['KiB', 'MiB', 'GiB'];
  const power = Math.min(units.length, Math.floor(Math.log2(amount) / 10));
  return `${(amount / 1024 ** power).toFixed(1)} ${units[power - 1]}`;
}
