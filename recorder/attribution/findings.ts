/** What of a conversation does not fit together: each is a way round the other. */
import { givenTo } from '../audit/terms.ts';
import type { SessionSummary } from '../log/ports.ts';
import type { Asked } from './around.ts';
import { type Finding, momentOf } from './chain.ts';
import { compare, type match, WINDOW } from './matching.ts';
import type { Ran, Sources } from './sources.ts';
import type { Act } from './talk.ts';

/** A command that a hook asked about, and the act that it is of. */
export interface Asking extends Asked {
  act: Act;
}

export async function findingsOf(
  sources: Sources,
  summary: SessionSummary,
  { pairs, unexecuted, unannounced }: ReturnType<typeof match<Asking, Ran>>,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const { conversation } = summary.entrance as { conversation: string };
  for (const { announced, executed } of pairs)
    if (!announced.allowed && executed.allowed)
      findings.push(await found(sources, 'RUN_THOUGH_REFUSED', executed));
  const missing = unexecuted.filter((one) => one.allowed && isSettled(summary, one.act));
  const ours = unannounced.filter(
    (one) => one.allowed && conversation !== '' && one.conversation === conversation,
  );
  if (pairs.length === 0 && ours.length === 0 && missing.length > 0) {
    const [first] = missing;
    const text = `${missing.length} ${missing.length === 1 ? 'command' : 'commands'}`;
    return [...findings, { ...momentOf(first!, summary.startedAt), code: 'HOOKS_ALONE', text }];
  }
  for (const one of missing)
    findings.push({ ...momentOf(one, summary.startedAt), code: 'HOOK_WITHOUT_EXECUTION', text: one.line });
  const matched = new Set(pairs.map(({ executed }) => `${executed.session}#${executed.seq}`));
  for (const one of ours) {
    const there = await sources.session(one.session);
    // What a script that was announced runs in turn is part of it.
    const isPart =
      there !== null && one.seq > 1 && givenTo(there.command) !== null && matched.has(`${one.session}#1`);
    if (!isPart) findings.push(await found(sources, 'EXECUTION_WITHOUT_HOOK', one));
  }
  return findings.sort(compare);
}

async function found(sources: Sources, code: Finding['code'], ran: Ran): Promise<Finding> {
  const summary = await sources.session(ran.session);
  return { ...momentOf(ran, summary?.startedAt ?? ran.at), code, text: ran.body.line };
}

/** Whether it would have run by now. */
function isSettled({ state, lastAt }: SessionSummary, { ended, at }: Act): boolean {
  return ended !== null || state !== 'live' || lastAt - at > WINDOW.after;
}
