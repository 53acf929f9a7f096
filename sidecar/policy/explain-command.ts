/** What a command does, as it was understood, in words. Pure. */
import type { Fact } from '../../recorder/server/explanation.ts';
import type { ApiIntent, Assigned, PathRole, SimpleCommand } from '../action.ts';
import { quoteShell } from '../command/words/quote.ts';
import { intentText } from './intent.ts';

/** A word that is not known before it runs. */
const COMPUTED = '…';
/** Stands for itself in every shell. */
const PLAIN = /^[\w@%+=:,./-]+$/;

/** Its words as a shell would read them back; a statement without a command is shown as it stands. */
export function commandTitle({ argv, text, env }: SimpleCommand): string {
  const words = argv.map((word) => (word === null ? COMPUTED : shellWord(word)));
  if (words.length > 0) return words.join(' ');
  return text !== '' ? text : env.map(assignment).join(' ');
}

/** As a shell would read it back, in quotes only where it needs them. */
export function shellWord(word: string): string {
  return PLAIN.test(word) ? word : quoteShell(word);
}

export function commandFacts(command: SimpleCommand): Fact[] {
  const { env, redirections, hosts, via, requests, capabilities, outputRunBy } = command;
  const facts: Fact[] = [
    { name: 'under', values: [...via] },
    { name: 'is able to', values: capabilities },
    ...(['reads', 'writes', 'deletes', 'changes'] as const).map((role) => paths(command, role)),
    {
      name: 'redirects',
      values: redirections.map(({ fd, operator, target }) => `${fd ?? ''}${operator} ${target ?? COMPUTED}`),
    },
    { name: 'sets', values: env.map(assignment) },
    { name: 'contacts', values: hosts.map((host) => host ?? COMPUTED) },
    { name: 'asks the API', values: requests.map(intent) },
    { name: 'its output is run by', values: outputRunBy },
  ];
  return facts.filter(({ values }) => values.length > 0);
}

function paths({ touches }: SimpleCommand, role: PathRole): Fact {
  const values = touches
    .filter((touch) => touch.role === role)
    .map(({ path, recursive, certain }) => {
      const below = recursive ? ' and what is below' : '';
      return `${path}${below}${certain ? '' : ' (perhaps)'}`;
    });
  return { name: role, values };
}

function assignment({ name, index, value }: Assigned): string {
  const place = index === undefined ? '' : `[${index ?? COMPUTED}]`;
  return `${name}${place}=${value ?? COMPUTED}`;
}

function intent(asked: ApiIntent): string {
  const doubts = [asked.dryRun === true ? 'dry run' : '', asked.certain ? '' : 'perhaps']
    .filter(Boolean)
    .join(', ');
  return `${intentText(asked)}${doubts === '' ? '' : ` (${doubts})`}`;
}
