/** How outcomes of policy tests are told: to people, and to what runs pipelines (https://testanything.org). */
import type { ExplainedPart } from '../../../recorder/server/explanation.ts';
import type { Outcome } from '../../policy/test-run.ts';
import { jsonLine, paint, visible } from '../format.ts';

/** With the file that the case stands in. */
export interface Located extends Outcome {
  source: string;
}

export type Format = 'text' | 'tap' | 'json';

export function report(outcomes: readonly Located[], format: Format): string {
  switch (format) {
    case 'text':
      return text(outcomes);
    case 'tap':
      return tap(outcomes);
    case 'json':
      return outcomes.map((outcome) => jsonLine(record(outcome))).join('');
  }
}

function text(outcomes: readonly Located[]): string {
  const passed = outcomes.filter(({ ok }) => ok).length;
  const lines = outcomes.map((outcome) =>
    outcome.ok ? `${paint('green', '✓')} ${titleOf(outcome)}\n` : failure(outcome),
  );
  return `${lines.join('')}\n${passed} passed, ${outcomes.length - passed} failed\n`;
}

function failure(outcome: Located): string {
  const lines = [`${paint('red', '✗')} ${titleOf(outcome)}  (${placeOf(outcome)})`];
  for (const { what, expected, got } of outcome.differences)
    lines.push(`    ${what}: expected ${visible(expected)}, got ${visible(got)}`);
  return `${[...lines, ...whyOf(outcome).map((line) => `    ${line}`)].join('\n')}\n`;
}

/** What was decided, by what, and what else matched that part. */
function whyOf({ decision, explanation }: Located): string[] {
  const part = explanation?.parts.find(({ decisive }) => decisive);
  const decided = `${decision.effect} by ${decision.rule}: ${decision.reason}`;
  return [decided, ...(part === undefined ? [] : [`for ${part.title}`, ...matchesOf(part)])].map(visible);
}

function matchesOf({ matches }: ExplainedPart): string[] {
  return matches.map(
    ({ rule, effect, certain }) => `${certain ? 'matches' : 'may match'} ${rule} (${effect})`,
  );
}

function titleOf({ case: { suite, name } }: Located): string {
  return visible(`${suite} › ${name}`);
}

function placeOf({ source, case: { place } }: Located): string {
  return visible(`${source}:${place.line}:${place.column}`);
}

/** https://testanything.org/tap-version-14-specification.html */
function tap(outcomes: readonly Located[]): string {
  const lines = outcomes.map((outcome, index) => {
    const title = titleOf(outcome).replace(/[\\#]/g, (char) => `\\${char}`);
    const point = `${outcome.ok ? 'ok' : 'not ok'} ${index + 1} - ${title}\n`;
    return outcome.ok ? point : `${point}  ---\n  ${JSON.stringify(record(outcome))}\n  ...\n`;
  });
  return `TAP version 14\n1..${outcomes.length}\n${lines.join('')}`;
}

function record(outcome: Located) {
  const { case: one, ok, decision, differences, source, explanation } = outcome;
  const { suite, name, expect, place } = one;
  return {
    ...{ suite, name, ok, file: source, ...place, expect, decision, differences },
    ...(explanation !== undefined && { explanation }),
  };
}
