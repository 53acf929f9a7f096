/** What links are called, and what they rest on, for a person. Pure. */
import type { Basis, LinkKind } from './chain.ts';

export const LINKS: Readonly<Record<LinkKind, string>> = {
  person: 'for',
  conversation: 'conversation',
  prompt: 'prompt',
  act: 'agent',
  command: 'command',
  session: 'session',
  request: 'request',
  object: 'object',
  file: 'file',
};

export const RESTS: Readonly<Record<Basis, string>> = {
  recorded: 'recorded',
  signed: 'signed by Cursor',
  hook: "Cursor's hook",
  matched: 'same words as the hook',
  environment: 'claimed by the process',
  token: "claimed: the session's token",
  named: "claimed: the session's token, kubectl's own word",
  time: "claimed: kubectl's own word, the time",
};
