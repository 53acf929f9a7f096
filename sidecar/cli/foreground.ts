/** Whether this process may read its terminal: in the background (`chaperone up &`) it would be stopped for it. */
import { readFileSync } from 'node:fs';

export function hasTerminal(): boolean {
  return process.stdin.isTTY && process.stdout.isTTY && inForeground(ownStat());
}

/**
 * Reads `/proc/self/stat` (https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html):
 *
 *     pid (comm) state ppid pgrp session tty_nr tpgid …
 *
 * The name may hold anything. `tpgid`, the terminal's foreground group, is -1 without a controlling terminal and 0
 * where that group is in another PID namespace.
 */
export function inForeground(stat: string): boolean {
  const [, , pgrp, , , tpgid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return pgrp === undefined || tpgid === undefined || Number(tpgid) <= 0 || pgrp === tpgid;
}

function ownStat(): string {
  try {
    return readFileSync('/proc/self/stat', 'latin1');
  } catch {
    return '';
  }
}
