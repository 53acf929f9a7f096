/** `35 bytes`, `1.4 MiB`. */
export function byteCount(amount: number): string {
  if (amount < 1024) return `${amount} bytes`;
  const units = ['KiB', 'MiB', 'GiB'];
  const power = Math.min(units.length, Math.floor(Math.log2(amount) / 10));
  return `${(amount / 1024 ** power).toFixed(1)} ${units[power - 1]}`;
}
