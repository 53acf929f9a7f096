/** Refusals in words: what a person reads, what a program reads, and that both say the same. */
import t from 'tap';
import type { Decision } from '../../recorder/audit/decision.ts';
import { agentMessage, decisionLine, denialOf, sentenceOf, shellText } from '../../sidecar/denial.ts';

const decision = (rule: string, more: Partial<Decision> = {}): Decision => ({
  effect: 'deny',
  rule,
  reason: 'It pushes.',
  unjudged: false,
  ...more,
});

t.test('a person reads which rule and why, and what to do instead', async (t) => {
  t.equal(shellText(denialOf(decision('p/no-push'))), 'chaperone: refused by p/no-push: It pushes.');
  t.equal(
    shellText(denialOf(decision('p/no-push', { instead: 'git push --dry-run' }))),
    'chaperone: refused by p/no-push: It pushes.\nchaperone: instead: git push --dry-run',
  );
  t.match(sentenceOf(denialOf(decision('p/a', { effect: 'ask' }))), /^chaperone: p\/a asks for .*refused\./);
});

t.test(
  'a program reads the same as one line of JSON, in ASCII where it could trick a terminal',
  async (t) => {
    const line = decisionLine(
      denialOf(decision('p/a', { instead: 'git diff', reason: 'a\u202eb\u001b[2J' })),
    );
    t.match(line, /^chaperone-decision: \{[^\n]*\}$/);
    t.notMatch(line, /[\u0000-\u001f\u202e]/);
    t.same(JSON.parse(line.slice('chaperone-decision: '.length)), {
      effect: 'deny',
      rule: 'p/a',
      reason: 'a\u202eb\u001b[2J',
      instead: 'git diff',
      next: 'do not try again, the answer will be the same: do what is allowed instead, or ask a person, who decides by p/a in the policy what is allowed',
    });
  },
);

t.test('how to go on depends on what refused', async (t) => {
  const next = (rule: string) => denialOf(decision(rule)).next;
  t.match(next('builtin/no-proxies'), /no policy can allow this/);
  t.match(next('default/unknown'), /write it so that its words tell what it does/);
  t.match(next('default/commands'), /no rule allows it/);
  t.match(next('team/no-push'), /decides by team\/no-push/);
});

t.test('an agent that reads prose gets all of it in one line', async (t) => {
  t.equal(
    agentMessage(denialOf(decision('p/a', { instead: 'git diff' }))),
    'chaperone: refused by p/a: It pushes. Allowed instead: git diff. How to go on: do not try again, the answer will be the same: do what is allowed instead, or ask a person, who decides by p/a in the policy what is allowed.',
  );
});
