/** A session's events for tests, as an archive would hand them out. */
import type { EventBody } from '../../../recorder/audit/event.ts';
import type { SessionSummary, StoredEvent } from '../../../recorder/log/ports.ts';

export const STARTED_AT = 1_800_000_000_250_000;

export function summaryOf(changes: Partial<SessionSummary> = {}): SessionSummary {
  return {
    id: '01JZ0000000000000000000000',
    state: 'ended',
    startedAt: STARTED_AT,
    lastAt: STARTED_AT + 9_000_001,
    identity: { user: 'agent', groups: [], proof: 'claimed' },
    host: 'build-1',
    command: ['bash', '-i'],
    cwd: '/work',
    terminal: { cols: 100, rows: 30, term: 'xterm-256color' },
    events: 0,
    outputBytes: 0,
    commands: 0,
    requests: 0,
    refused: 0,
    unjudged: 0,
    ...changes,
  };
}

/** The same without a terminal. */
export function pipedSummary(): SessionSummary {
  const { terminal: _, ...summary } = summaryOf();
  return summary;
}

/** What happened: output as text or bytes, or any other body; `null` output is removed content of 7 bytes. */
export type Step = [
  micros: number,
  what: string | Uint8Array | null | Exclude<EventBody, { content: unknown }>,
];

export function eventsOf(
  steps: readonly Step[],
  type: 'session.output' | 'session.input' = 'session.output',
): StoredEvent[] {
  return steps.map(([micros, what], seq) => {
    const at = STARTED_AT + micros;
    const frame = { v: 1, session: summaryOf().id, seq, at } as const;
    if (what !== null && typeof what === 'object' && !(what instanceof Uint8Array)) {
      return { event: { ...frame, body: what }, content: null };
    }
    const content = typeof what === 'string' ? Buffer.from(what) : what;
    const reference = { bytes: content?.length ?? 7, hash: 'A'.repeat(43) };
    return { event: { ...frame, body: { type, content: reference } }, content };
  });
}

export const DECISION = {
  allowed: { effect: 'allow', rule: 'default/allow', reason: 'nothing forbids it', unjudged: false },
  refused: {
    effect: 'deny',
    rule: 'baseline/no-root-removal',
    reason: 'it removes everything',
    unjudged: false,
  },
  unjudged: { effect: 'allow', rule: 'default/unknown', reason: 'it is computed', unjudged: true },
} as const;

export function decided(line: string, how: keyof typeof DECISION): Exclude<EventBody, { content: unknown }> {
  return {
    type: 'command.decided',
    line,
    cwd: '/work',
    commands: [],
    unknown: [],
    decision: DECISION[how],
    allowed: how !== 'refused',
  };
}
