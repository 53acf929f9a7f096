/** From the judgements of an action to an explanation of its decision, pure. */
import type { Identity } from '../../recorder/audit/identity.ts';
import type { Micros } from '../../recorder/audit/units.ts';
import { requestText } from '../../recorder/export/labels.ts';
import type { ExplainedMatch, ExplainedPart, Explanation, Fact } from '../../recorder/server/explanation.ts';
import type { Action, ApiIntent, KubeAction, SimpleCommand, ToolAction } from '../action.ts';
import { decide, strictest } from './decide.ts';
import { evaluate } from './evaluate.ts';
import { commandFacts, commandTitle } from './explain-command.ts';
import { asRequest, intentText } from './intent.ts';
import { compareStrictness, type Judgement, type Match, type Part } from './judgement.ts';
import { obstaclesOf } from './obstacles.ts';
import type { PolicySet } from './policy-set.ts';
import type { AgentPolicy } from './schema.ts';
import { variantsOf } from './variants.ts';
import { type JudgedVerb, verbsOf } from './verbs.ts';

/** What there is to explain by. */
export interface Explained {
  set: PolicySet;
  /** What the set was made of. */
  policies: readonly AgentPolicy[];
  digest: string;
}

/** Parts that are told of; of a longer script those that are allowed are left out first. */
const MAX_PARTS = 500;

/** Who does what, and when. */
export interface Asked {
  action: Action;
  identity: Identity;
  now: Micros | undefined;
}

export function explain({ set, policies, digest }: Explained, { action, identity, now }: Asked): Explanation {
  const judgements = evaluate(set, action, identity, now);
  const decision = strictest(judgements);
  const shown = mostTelling(judgements);
  const applying = set.applyingTo(identity);
  const names = new Set(applying.map(({ name }) => name));
  const rest = policies.map(({ metadata }) => metadata.name).filter((name) => !names.has(name));
  const decisive = judgements.find(
    ({ effect, rule }) => effect === decision.effect && rule === decision.rule,
  );
  const judge = (one: Action) => decide(set, one, identity, now);
  return {
    policy: { digest, applying: [...names], others: rest },
    subject: subjectOf(action),
    decision,
    parts: shown.map((judgement) => partOf(judgement, judgement === decisive)),
    omitted: judgements.length - shown.length,
    obstacles: decision.effect === 'allow' ? [] : obstaclesOf(shown, applying),
    variants: decision.effect === 'allow' ? [] : variantsOf(action, judgements, { policies, judge }),
  };
}

function mostTelling(judgements: readonly Judgement[]): readonly Judgement[] {
  if (judgements.length <= MAX_PARTS) return judgements;
  const weight = ({ effect, unknown }: Judgement) => (effect === 'allow' ? (unknown ? 1 : 2) : 0);
  const kept = new Set([...judgements].sort((a, b) => weight(a) - weight(b)).slice(0, MAX_PARTS));
  return judgements.filter((judgement) => kept.has(judgement));
}

function subjectOf(action: Action): Explanation['subject'] {
  switch (action.kind) {
    case 'command':
      return { kind: 'command', line: action.line, cwd: action.cwd };
    case 'request':
      return { kind: 'request', method: action.method, uri: action.uri, dryRun: action.dryRun };
    case 'tool':
      return { kind: 'tool', use: action.use, tool: action.tool, path: action.path };
  }
}

function partOf(judgement: Judgement, decisive: boolean): ExplainedPart {
  const { part, effect, rule, reason, instead, unknown, matches } = judgement;
  return {
    kind: part.kind,
    ...wordsOf(part),
    ...{ effect, rule, reason, unknown, decisive },
    ...(instead !== undefined && { instead }),
    matches: matches.map(matchOf).sort(strictestFirst),
  };
}

function matchOf({ rule, certain }: Match): ExplainedMatch {
  const { name, effect, reason, instead } = rule;
  return { rule: name, effect, reason, ...(instead !== undefined && { instead }), certain };
}

function strictestFirst(a: ExplainedMatch, b: ExplainedMatch): number {
  return (
    Number(b.certain) - Number(a.certain) ||
    compareStrictness(b.effect, a.effect) ||
    (a.rule < b.rule ? -1 : 1)
  );
}

function wordsOf(part: Part): Pick<ExplainedPart, 'title' | 'depth' | 'facts'> {
  switch (part.kind) {
    case 'command':
      return {
        title: commandTitle(part.command),
        depth: part.command.via.length,
        facts: commandFacts(part.command),
      };
    case 'function':
      return { title: part.name, depth: 0, facts: [] };
    case 'intent':
      return {
        title: intentText(part.intent),
        depth: part.command.via.length + 1,
        facts: intentFacts(part.intent, part.command),
      };
    case 'request':
      return { title: requestText(part.request.request), depth: 0, facts: requestFacts(part.request) };
    case 'tool':
      return { title: toolTitle(part.tool), depth: 0, facts: toolFacts(part.tool) };
    case 'unknown':
      return {
        title: part.message,
        depth: 0,
        facts: part.text === '' ? [] : [{ name: 'in', values: [part.text] }],
      };
  }
}

function toolTitle({ use, tool, path }: ToolAction): string {
  return [use, tool, path].filter(Boolean).join(' ');
}

function toolFacts({ server }: ToolAction): Fact[] {
  return server === '' ? [] : [{ name: 'server', values: [server] }];
}

function intentFacts(intent: ApiIntent, { text }: SimpleCommand): Fact[] {
  const { dryRun, certain, verb } = intent;
  const facts = [
    { name: 'asked by', values: [text] },
    { name: 'judged as', values: verb === null ? [] : verbsOf(asRequest(intent)).map(verbText) },
    { name: 'dry run', values: dryRun ? ['the server changes nothing'] : [] },
    { name: 'certain', values: certain ? [] : ['no: it may be something else, or not reach an API server'] },
  ];
  return facts.filter(({ values }) => values.length > 0);
}

function verbText({ verb, certain }: JudgedVerb): string {
  return certain ? verb : `${verb} (perhaps)`;
}

function requestFacts(action: KubeAction): Fact[] {
  const { group, version } = action.request;
  const facts = [
    { name: 'judged as', values: verbsOf(action).map(verbText) },
    { name: 'group', values: group === '' ? [] : [group] },
    { name: 'version', values: version === '' ? [] : [version] },
    { name: 'dry run', values: action.dryRun ? ['the server changes nothing'] : [] },
    { name: 'body', values: action.body === null ? [] : [action.body.summary.type] },
  ];
  return facts.filter(({ values }) => values.length > 0);
}
