/**
 * Values of variables that a line names and does not show: the analysis knows them, who reads its record need not. A value
 * may be a secret, and where it ends up in a word the word is told as it was before anybody looked: as computed.
 */
import type { SimpleCommand } from '../../action.ts';

/** Shorter ones are no secrets. */
const SHORTEST = 8;
/** Of what everybody sees anyhow. */
const KNOWN_TO_ALL = /^(PATH|HOME|PWD|OLDPWD|KUBECONFIG|CDPATH|IFS|BASH_ENV|USER|LOGNAME|SHELL|TMPDIR)$/;

export function veil(
  commands: readonly SimpleCommand[],
  line: string,
  known: Readonly<Record<string, string>>,
): void {
  const values = Object.entries(known)
    .filter(([name]) => !KNOWN_TO_ALL.test(name))
    .flatMap(([, value]) => [value, ...value.split(/\s+/)])
    .filter((value) => value.length >= SHORTEST && !line.includes(value));
  if (values.length === 0) return;
  for (const command of commands) {
    const veiled = command.argv.flatMap((word, place) =>
      word !== null && values.some((value) => word.includes(value)) ? [place] : [],
    );
    if (veiled.length > 0) command.veiled = veiled;
  }
}
