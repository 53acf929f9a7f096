import { sessionTitle } from '../../recorder/export/labels.ts';
import type { SessionSummary } from '../../recorder/log/ports.ts';

/** An argv as a person would type it; for reading only. */
export function commandText(argv: readonly string[]): string {
  return argv.map((word) => (/^[\w@%+=:,./~-]+$/.test(word) ? word : quoted(word))).join(' ');
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** What a session is, in words. */
export function titleOf({ command, entrance }: Pick<SessionSummary, 'command' | 'entrance'>): string {
  return sessionTitle({ command: command.length === 0 ? [] : [commandText(command)], entrance });
}

/** What was done in it: its commands, or the requests where there are none. */
export function amountOf({ commands, requests, entrance }: SessionSummary): string {
  if (entrance?.kind === 'api') return count(requests, 'request');
  const given = count(commands, 'command');
  return requests === 0 ? given : `${given}, ${count(requests, 'request')}`;
}

/** `1 command`, `3 commands`. */
export function count(amount: number, noun: string): string {
  return `${amount.toLocaleString('en-GB')} ${noun}${amount === 1 ? '' : 's'}`;
}
