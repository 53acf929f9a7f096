/** Drafts and directories for tests of the audit log. */
import { join } from 'node:path';
import type { Draft } from '../../../recorder/audit/event.ts';
import type { SessionId } from '../../../recorder/audit/units.ts';
import type { StoredEvent } from '../../../recorder/log/ports.ts';
import { temporaryDirectory } from '../../temporary.ts';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** The n-th session id: they sort by n. */
export function sessionId(n: number): SessionId {
  let id = '';
  for (let rest = n, i = 0; i < 12; i++, rest = Math.floor(rest / 32)) id = ALPHABET[rest % 32] + id;
  return `01J${id.padStart(23, '0')}`;
}

export function newData(): string {
  return join(temporaryDirectory(), 'data');
}

export function start(user = 'agent', at = 1_700_000_000_000_000): Draft {
  return {
    at,
    body: {
      type: 'session.start',
      identity: { user, groups: ['dev'], proof: 'claimed' },
      host: 'workbench',
      command: ['bash', '-i'],
      cwd: '/srv',
      terminal: { cols: 80, rows: 24, term: 'xterm-256color' },
      policy: 'sha256:0',
      agent: '0.1.0',
    },
  };
}

export function output(text: string | Uint8Array, at = 1_700_000_001_000_000): Draft {
  return { at, body: { type: 'session.output', content: Buffer.from(text) } };
}

export function decided(line: string, allowed = true, at = 1_700_000_001_000_000): Draft {
  const program = line.split(' ')[0] ?? '';
  return {
    at,
    body: {
      type: 'command.decided',
      line,
      cwd: '/srv',
      commands: [{ program, argv: line.split(' '), via: [] }],
      unknown: [],
      decision: { effect: allowed ? 'allow' : 'deny', rule: 'test/rule', reason: 'because', unjudged: false },
      allowed,
    },
  };
}

export function end(status = 0, at = 1_700_000_009_000_000): Draft {
  return { at, body: { type: 'session.end', reason: 'exited', status } };
}

export async function collect(events: AsyncIterable<StoredEvent>): Promise<StoredEvent[]> {
  const all: StoredEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

/** The bytes of a session's output. */
export function outputOf(events: readonly StoredEvent[]): string {
  return Buffer.concat(
    events.map(({ event, content }) => (event.body.type === 'session.output' ? content! : Buffer.alloc(0))),
  ).toString();
}
