/** An explanation as people read it in a terminal. Pure but for its colours. */
import type { Effect } from '../../../recorder/audit/decision.ts';
import type { ExplainedPart, Explanation } from '../../../recorder/server/explanation.ts';
import { clip, paint, visible } from '../format.ts';

const WIDTH = 160;
const COLOURS = { allow: 'green', ask: 'yellow', deny: 'red' } as const satisfies Record<Effect, string>;

export function explanationText(explanation: Explanation): string {
  const { decision, parts, omitted, policy } = explanation;
  const unjudged = decision.unjudged ? ', unjudged: no rule could tell' : '';
  const others = policy.others.length === 0 ? '' : `; not for this identity: ${policy.others.join(', ')}`;
  const sections = [
    `${painted(decision.effect)} by ${visible(decision.rule)}${unjudged}: ${visible(decision.reason)}\n${instead(decision)}`,
    parts.map(partText).join(''),
    omitted === 0 ? '' : `… and ${omitted} more that are allowed\n`,
    obstaclesText(explanation),
    variantsText(explanation),
    `policies: ${policy.applying.join(', ') || 'none'}${others}\ndigest:   ${policy.digest}\n`,
  ];
  return sections.filter(Boolean).join('\n');
}

function painted(effect: Effect): string {
  return paint(COLOURS[effect], effect);
}

function instead(of: { instead?: string }): string {
  return of.instead === undefined ? '' : `allowed instead: ${visible(of.instead)}\n`;
}

const KINDS = {
  command: '',
  request: '',
  intent: 'asks the API to ',
  tool: '',
  function: 'defines ',
  unknown: 'not understood: ',
} as const;

function partText({
  kind,
  title,
  depth,
  facts,
  effect,
  rule,
  unknown,
  decisive,
  matches,
}: ExplainedPart): string {
  const indent = '  '.repeat(depth);
  const stem = depth === 0 ? '' : `${indent.slice(2)}└ `;
  const doubt = unknown ? ' (unknown)' : '';
  const mark = decisive ? '  ◀ decides' : '';
  const what = clip(visible(`${KINDS[kind]}${title}`), WIDTH);
  const lines = [`${stem}${what}`, `${indent}    ${painted(effect)} by ${visible(rule)}${doubt}${mark}`];
  // Where it stands in the tree says what it is under.
  for (const { name, values } of facts.filter((fact) => fact.name !== 'under'))
    lines.push(`${indent}    ${name}: ${clip(values.map(visible).join(', '), WIDTH)}`);
  for (const { rule: other, effect: its, certain, reason } of matches) {
    const how = certain ? 'matches' : 'may match';
    lines.push(`${indent}    ${how} ${visible(other)} (${its}): ${visible(reason)}`);
  }
  return `${lines.join('\n')}\n`;
}

function obstaclesText({ obstacles, parts }: Explanation): string {
  if (obstacles.length === 0) return '';
  const lines = obstacles.map(({ part, rules, effect, hint }) => {
    const where = parts.length > 1 ? `${clip(visible(parts[part]?.title ?? ''), 60)}: ` : '';
    return `  ${where}${visible(rules.join(', '))} (${effect}): ${visible(hint)}\n`;
  });
  return `What stands in the way, all of it and nothing else:\n${lines.join('')}`;
}

function variantsText({ variants }: Explanation): string {
  if (variants.length === 0) return '';
  const lines = variants.map(({ change, text }) => `  ${visible(change)}: ${visible(text)}\n`);
  return `What would be allowed:\n${lines.join('')}`;
}
