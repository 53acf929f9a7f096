/** A session in words and numbers. */
import { sessionTitle } from '../../recorder/export/labels.ts';
import type { SessionSummary } from '../../recorder/log/ports.ts';
import { count } from './amount.ts';
import { commandText } from './command.ts';

/** What it is. */
export function titleOf({ command, entrance }: Pick<SessionSummary, 'command' | 'entrance'>): string {
  return sessionTitle({ command: command.length === 0 ? [] : [commandText(command)], entrance });
}

/** Whether it is a shell that began in a directory of its host. */
export function isShellHere({ entrance }: Pick<SessionSummary, 'entrance'>): boolean {
  return entrance === undefined || entrance.kind === 'launcher';
}

/** Connections to ports of a pod: there is nothing to see, and nobody gave commands. */
export function isPortForward({ entrance }: Pick<SessionSummary, 'entrance'>): boolean {
  return entrance?.kind === 'remote' && entrance.subresource === 'portforward';
}

/** What was done in it: its commands, and its requests where there are any. */
export function amountsOf(session: SessionSummary): string[] {
  const { commands, requests, entrance } = session;
  const asked = requests === 0 ? [] : [count(requests, 'request')];
  const isShell = entrance?.kind !== 'api' && !isPortForward(session);
  return isShell ? [count(commands, 'command'), ...asked] : asked;
}

/** Seconds from the start to the last event, or to now while it runs. */
export function lengthOf({ state, startedAt, lastAt }: SessionSummary, now: Date): number {
  const end = state === 'live' ? Math.max(lastAt, now.getTime() * 1000) : lastAt;
  return (end - startedAt) / 1e6;
}
