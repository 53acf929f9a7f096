/**
 * Changes to an action that is not allowed, tried: without a flag, with a word that the rule excepts, without the
 * wrapper, as a dry run, in a namespace that the rule excepts. Only what the policies would allow as a whole is told.
 * Pure.
 */
import type { Decision } from '../../recorder/audit/decision.ts';
import type { Variant } from '../../recorder/server/explanation.ts';
import type { Action, CommandAction, KubeAction, SimpleCommand } from '../action.ts';
import { analyse } from '../command/analyse.ts';
import { shellWord } from './explain-command.ts';
import type { Judgement } from './judgement.ts';
import type { Pattern } from './schema/text.ts';
import type { AgentPolicy } from './schema.ts';

interface Trial {
  policies: readonly AgentPolicy[];
  judge: (action: Action) => Decision;
}

/** A longer line is not tried in other forms: each costs as much as the line itself. */
const MAX_LINE = 4096;
/** One change takes away what refuses one part, or few that are one thing. */
const MAX_REFUSED = 4;
const MAX_TRIALS = 40;
const MAX_VARIANTS = 5;

export function variantsOf(action: Action, judgements: readonly Judgement[], trial: Trial): Variant[] {
  const refused = judgements.filter(({ effect }) => effect !== 'allow');
  if (refused.length > MAX_REFUSED) return [];
  switch (action.kind) {
    case 'command':
      return action.line.length > MAX_LINE ? [] : commandVariants(action, refused, trial);
    case 'request':
      return requestVariants(action, refused, trial);
    case 'tool':
      return [];
  }
}

function commandVariants(
  action: CommandAction,
  refused: readonly Judgement[],
  { policies, judge }: Trial,
): Variant[] {
  const { cwd, home, input } = action;
  const context = { cwd, ...(home !== undefined && { home }), ...(input !== undefined && { input }) };
  const trials = refused.flatMap(({ part, matches }) => {
    if (part.kind !== 'command') return [];
    const rules = matches.map(({ rule }) => rule.name);
    const edits = [
      ...withoutFlags(part.command),
      ...exceptedWords(rules, policies).map((word) => withWord(part.command, word)),
      ...withoutWrapper(part.command, action),
    ];
    return edits.flatMap((edit) => inLine(action.line, part.command.text, edit));
  });
  return trials
    .slice(0, MAX_TRIALS)
    .filter(({ text }) => passes(judge({ ...analyse(text, context), ...shellOf(action) })))
    .slice(0, MAX_VARIANTS);
}

function shellOf({ shell }: CommandAction): Pick<CommandAction, 'shell'> {
  return shell === undefined ? {} : { shell };
}

function passes({ effect, unjudged }: Decision): boolean {
  return effect === 'allow' && !unjudged;
}

/** A part of the line, written otherwise. */
interface Edit {
  change: string;
  part: string;
}

function inLine(line: string, part: string, edit: Edit): Variant[] {
  const at = part === '' ? -1 : line.indexOf(part);
  // Which of two is meant could not be said.
  if (at < 0 || line.indexOf(part, at + 1) >= 0) return [];
  const text = `${line.slice(0, at)}${edit.part}${line.slice(at + part.length)}`.trim();
  return [{ change: edit.change, text }];
}

function withoutFlags({ argv, text }: SimpleCommand): Edit[] {
  const flags = new Set(argv.slice(1).filter((word) => word !== null && /^[-+]./.test(word)));
  return [...flags].flatMap((flag) => {
    const words = text.split(' ');
    const rest = words.filter((word) => word !== flag);
    return rest.length === words.length ? [] : [{ change: `without ${flag}`, part: rest.join(' ') }];
  });
}

function withWord({ text }: SimpleCommand, word: string): Edit {
  const added = shellWord(word);
  return { change: `with ${added}`, part: `${text} ${added}` };
}

/** Words that an exception of these rules asks for. */
function exceptedWords(rules: readonly string[], policies: readonly AgentPolicy[]): string[] {
  const excepted = policies.flatMap(({ metadata, spec }) =>
    (spec.commands ?? []).flatMap(({ name, match: { unless } }) => {
      if (unless === undefined || !rules.includes(`${metadata.name}/${name}`)) return [];
      const words = [...(unless.args?.any ?? []), ...(unless.args?.all ?? [])].filter(isLiteral);
      return [...words, ...(unless.flags?.any ?? []), ...(unless.flags?.all ?? [])];
    }),
  );
  return [...new Set(excepted)];
}

function isLiteral(pattern: Pattern): pattern is string {
  return typeof pattern === 'string' && !/[*?[\\]/.test(pattern);
}

/** What it runs, by itself. */
function withoutWrapper(wrapper: SimpleCommand, { commands }: CommandAction): Edit[] {
  const { program, via } = wrapper;
  if (program === null || program === '') return [];
  const under = [...via, program].join('\0');
  const inner = commands.filter(
    (one) => one.text === wrapper.text && one.via.join('\0') === under && !one.argv.includes(null),
  );
  return inner.map(({ argv }) => ({
    change: `without ${program}`,
    part: (argv as string[]).map(shellWord).join(' '),
  }));
}

function requestVariants(
  action: KubeAction,
  refused: readonly Judgement[],
  { policies, judge }: Trial,
): Variant[] {
  const rules = refused.flatMap(({ matches }) => matches.map(({ rule }) => rule.name));
  const trials = [...asDryRun(action), ...elsewhere(action, rules, policies)];
  return trials
    .filter((trial) => passes(judge(trial.action)))
    .map(({ change, action: { method, uri } }) => ({ change, text: `${method} ${uri}` }));
}

interface Changed {
  change: string;
  action: KubeAction;
}

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#dry-run */
function asDryRun(action: KubeAction): Changed[] {
  const { uri, method, dryRun, request, parameters } = action;
  const writes = method !== 'GET' && method !== 'HEAD' && request.resource !== '';
  if (dryRun || !writes || action.opens !== undefined) return [];
  const changed: KubeAction = {
    ...action,
    dryRun: true,
    scales: 'no',
    uri: `${uri}${uri.includes('?') ? '&' : '?'}dryRun=All`,
    parameters: [...parameters, ['dryRun', 'All']],
  };
  return [{ change: 'as a dry run', action: changed }];
}

/** Namespaces that an exception of these rules names. */
function elsewhere(
  action: KubeAction,
  rules: readonly string[],
  policies: readonly AgentPolicy[],
): Changed[] {
  const { namespace } = action.request;
  if (namespace === '' || action.request.resource === 'namespaces') return [];
  const names = policies.flatMap(({ metadata, spec }) =>
    (spec.api ?? []).flatMap(({ name, match: { unless } }) =>
      rules.includes(`${metadata.name}/${name}`) ? (unless?.namespaces ?? []).filter(isLiteral) : [],
    ),
  );
  return [...new Set(names)].map((other) => ({
    change: `in namespace ${other}`,
    action: {
      ...action,
      uri: action.uri.replace(`/namespaces/${namespace}`, `/namespaces/${other}`),
      request: { ...action.request, namespace: other },
    },
  }));
}
