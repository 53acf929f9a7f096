/** What waits for a person, and what became of it, as lines of a terminal. */
import { askedText } from '../../../recorder/export/labels.ts';
import type { ApprovalView } from '../../../recorder/server/api.ts';
import { clip, formatDuration, formatTime, paint, table, visible } from '../format.ts';
import { effectSummary } from './effect.ts';

export function listed(views: readonly ApprovalView[], none: string): string {
  if (views.length === 0) return none;
  const header = ['ID', 'ASKED', 'STATE', 'WHO', 'RULE', 'WHAT'];
  const rows = views.map((view) => [
    view.id,
    formatTime(view.requestedAt),
    stateOf(view),
    visible(view.requester.user),
    visible(view.rule),
    clip(visible(askedText(view.asked)), WHAT_WIDTH),
  ]);
  return table([header, ...rows]);
}

const WHAT_WIDTH = 60;

export function oneLine(view: ApprovalView): string {
  const colour = {
    pending: 'yellow',
    approved: 'green',
    denied: 'red',
    expired: 'red',
    cancelled: 'red',
  } as const;
  const state = paint(colour[view.state], stateOf(view));
  return `${formatTime(view.requestedAt)}  ${view.id}  ${state}  ${visible(view.requester.user)}: ${visible(askedText(view.asked))}  (${visible(view.rule)})`;
}

function stateOf({ state, terms, votes, grantedUntil, used, revoked, may }: ApprovalView): string {
  const now = Date.now() * 1000;
  switch (state) {
    case 'pending': {
      const yes = votes.length === 0 && terms.quorum === 1 ? '' : ` ${votes.length}/${terms.quorum}`;
      return `waits${yes}, ${formatDuration(terms.until - now)} left${may.vote ? '' : ', not for you to decide'}`;
    }
    case 'approved':
      if (revoked) return 'revoked';
      if (grantedUntil !== undefined) return `granted, ${formatDuration(grantedUntil - now)} left`;
      return used ? 'approved' : 'approved, not used';
    case 'denied':
    case 'expired':
    case 'cancelled':
      return state;
  }
}

export function whole(view: ApprovalView): string {
  const { id, session, requester, asked, rule, reason, votes, terms, obstacle } = view;
  const rows = [
    ['request', id],
    ['state', stateOf(view)],
    ['what', visible(askedText(view.asked))],
    ['where', visible(asked.kind === 'request' ? asked.uri : asked.cwd)],
    ['who', `${visible(requester.user)} (${requester.proof})`],
    ...(requester.humans ? [['for', visible(requester.humans.join(', '))]] : []),
    ...(requester.pod ? [['pod', visible(`${requester.pod.namespace}/${requester.pod.name}`)]] : []),
    ...(requester.conversation ? [['conversation', visible(requester.conversation)]] : []),
    ['session', session],
    ['rule', visible(rule)],
    ['reason', visible(reason)],
    ...(terms.groups.length > 0 ? [['decided by', visible(terms.groups.join(', '))]] : []),
    ...(terms.quorum > 1 ? [['approvals', approvalsOf(view)]] : []),
    ...(obstacle === undefined ? [] : [['you', `may not decide: ${visible(obstacle.message)}`]]),
    ...(asked.kind === 'command'
      ? asked.commands.map(({ argv, via }) => ['runs', visible([...via, ...argv].join(' '))])
      : []),
    ...(asked.kind === 'request' && asked.effect ? [['would', effectSummary(asked.effect)]] : []),
    ...asked.unknown.map((why) => ['unknown', visible(why)]),
    ...votes.map(({ user, vote, comment }) => [
      'vote',
      visible(`${user}: ${vote}${comment ? ` (${comment})` : ''}`),
    ]),
  ];
  return table(rows);
}

function approvalsOf({ votes, terms }: ApprovalView): string {
  const given = votes.filter(({ vote }) => vote === 'approve').length;
  const why = terms.unproven === true ? ', one more than the rule asks: nothing proves who asks' : '';
  return `${given} of ${terms.quorum}${why}`;
}
