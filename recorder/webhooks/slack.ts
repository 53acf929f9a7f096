/**
 * A message as Slack takes it. Pure. What agents and people wrote is plain text in it, where no mark-up means anything:
 * nobody is mentioned by it, and no link is in it but ours.
 *
 * https://api.slack.com/messaging/webhooks · https://api.slack.com/reference/block-kit/blocks
 */
import type { Payload } from './message.ts';
import type { MessageType } from './settings.ts';

const HEADINGS: Record<MessageType, string> = {
  'approval.requested': 'Waits for approval',
  'approval.voted': 'A vote on an approval',
  'approval.approved': 'Approved',
  'approval.denied': 'Denied',
  'approval.expired': 'Expired: nobody decided',
  'approval.cancelled': 'Cancelled',
  'approval.used': 'Went on as approved',
  'approval.revoked': 'Revoked',
};

/** Slack takes no longer one in a section. */
const MOST = 2900;

export function slackOf({ type, data }: Payload): object {
  const { what, requester, rule, reason, url, until, votes, state } = data;
  const decided = votes.map(({ user, vote, comment }) => `${user}: ${vote}${comment ? ` (${comment})` : ''}`);
  const who = requester.pod === undefined ? requester.user : `${requester.user} in ${requester.pod}`;
  const facts = [
    `Who: ${who} (${requester.proof})`,
    `Why: ${reason} (${rule})`,
    ...(state === 'pending' ? [`Until: ${until}`] : []),
    ...decided,
  ];
  return {
    // What a notification shows. Here mark-up would count.
    text: escaped(`${HEADINGS[type]}: ${what.slice(0, 200)}`),
    blocks: [
      { type: 'header', text: plain(HEADINGS[type]) },
      { type: 'section', text: plain(what) },
      { type: 'section', text: plain(facts.join('\n')) },
      { type: 'section', text: { type: 'mrkdwn', text: `<${escaped(url)}|Open the request>` } },
    ],
  };
}

function plain(text: string): object {
  return { type: 'plain_text', emoji: false, text: text.slice(0, MOST) || '-' };
}

/** https://api.slack.com/reference/surfaces/formatting#escaping */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
