import { isRoutine } from '../../recorder/audit/event.ts';
import { getEvents, type SessionSummary } from '../api.ts';
import { type Command, toCommand } from './command.ts';
import { type Feed, type Look, useFeed } from './use-feed.ts';

/** Between two looks for new commands, in milliseconds. */
const REST_MS = 250;

const TYPES = ['command.decided', 'tool.decided'] as const;

/** The decided commands and uses of tools; those that came since are fetched whenever `news` changes. */
export function useCommands(session: SessionSummary, news: unknown): Feed<Command> {
  return useFeed({ id: session.id, news, rest: REST_MS, begin: () => commandsOf(session) });
}

function commandsOf({ id, startedAt }: SessionSummary): Look<Command> {
  let known: readonly Command[] = [];
  return async (signal) => {
    const fresh: Command[] = [];
    const from = (known.at(-1)?.seq ?? -1) + 1;
    for await (const event of getEvents(id, { types: TYPES, from }, signal)) {
      if (event.body.type === 'tool.decided' || !isRoutine(event.body))
        fresh.push(toCommand(event, startedAt));
    }
    if (fresh.length > 0) known = [...known, ...fresh];
    return known;
  };
}
