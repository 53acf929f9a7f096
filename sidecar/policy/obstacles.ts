/**
 * What would have to give way for an action to be allowed: each of these, and nothing else. Pure.
 *
 * A part passes when no rule that refuses matches it, none may (unless the unknown is let pass), and something allows
 * it: a rule, or the default.
 */
import type { Obstacle } from '../../recorder/server/explanation.ts';
import type { Judgement, Match } from './judgement.ts';
import type { CompiledPolicy } from './policy-set.ts';
import { byDefault, fallback, isOpen } from './weigh.ts';

export function obstaclesOf(
  judgements: readonly Judgement[],
  policies: readonly CompiledPolicy[],
): Obstacle[] {
  return judgements.flatMap((judgement, part) =>
    judgement.effect === 'allow' ? [] : obstacles(judgement, policies).map((one) => ({ part, ...one })),
  );
}

type Bare = Omit<Obstacle, 'part'>;

function obstacles({ part, matches }: Judgement, policies: readonly CompiledPolicy[]): Bare[] {
  const unknown = byDefault('unknown', policies, '');
  if (part.kind === 'unknown') {
    const hint = 'write it so that its words tell what it does, or let the policy allow the unknown';
    return [{ kind: 'unknown', effect: unknown.effect, rules: [unknown.name], hint }];
  }
  const refusing = matches.filter(({ rule }) => rule.effect !== 'allow');
  const found = refusing.filter(({ certain }) => certain).map(standing);
  const doubtful = refusing.filter(({ certain }) => !certain).map(({ rule }) => rule.name);
  if (doubtful.length > 0 && !isOpen(part) && unknown.effect !== 'allow') {
    const hint = 'write it so that its words tell that none of these rules matches';
    found.push({ kind: 'doubt', effect: unknown.effect, rules: doubtful.sort(), hint });
  }
  const otherwise = fallback(part, policies);
  const isAllowed = matches.some(({ rule, certain }) => certain && rule.effect === 'allow');
  if (!isAllowed && otherwise.effect !== 'allow') {
    const perhaps = matches.find(({ rule, certain }) => !certain && rule.effect === 'allow');
    const hint =
      perhaps === undefined
        ? 'no rule allows it: one that does would'
        : `write it so that its words tell that ${perhaps.rule.name} allows it: that is not certain`;
    found.push({ kind: 'default', effect: otherwise.effect, rules: [otherwise.name], hint });
  }
  return found;
}

function standing({ rule: { name, effect, instead } }: Match): Bare {
  if (name.startsWith('builtin/'))
    return { kind: 'builtin', effect, rules: [name], hint: 'no policy can allow it' };
  const rather = instead === undefined ? '' : `; allowed instead: ${instead}`;
  return { kind: 'rule', effect, rules: [name], hint: `the rule must not match it${rather}` };
}
