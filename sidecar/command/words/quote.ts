/** One word as every POSIX shell, bash and zsh read it back. */
export function quoteShell(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
