/** What a test looks at in a session's log. */
import type { BodyOf, EventType } from '../../../recorder/audit/event.ts';
import type { Guarded } from './guarded.ts';

export async function bodies<T extends EventType>(
  shell: Pick<Guarded, 'events'>,
  type: T,
): Promise<BodyOf<T>[]> {
  const events = await shell.events();
  return events.map(({ event }) => event.body).filter((body): body is BodyOf<T> => body.type === type);
}

/** Each judged line and whether it was let run, in order. */
export async function decisions(shell: Pick<Guarded, 'events'>): Promise<[string, boolean][]> {
  const decided = await bodies(shell, 'command.decided');
  return decided.map(({ line, allowed }) => [line, allowed]);
}

/** All output, as it was recorded. */
export async function output(shell: Pick<Guarded, 'events'>): Promise<Buffer> {
  const events = await shell.events();
  return Buffer.concat(
    events.flatMap(({ event, content }) =>
      event.body.type === 'session.output' && content !== null ? [content] : [],
    ),
  );
}
