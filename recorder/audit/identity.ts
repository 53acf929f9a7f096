/** Who asks, and where an agent runs. */

/** What an attribution rests on: a signed token, a Cursor hook's word, or the process's own claim. */
export type Proof = 'signed' | 'hook' | 'claimed';

/** Where an agent runs. */
export interface Pod {
  namespace: string;
  name: string;
  uid: string;
  serviceAccount: string;
  /** As they were at admission; absent where they are not known. */
  labels?: Record<string, string>;
}

/**
 * The run of an agent that a signed token names. It was active in the pod at that time; which of the pod's processes asked
 * it does not say, nor that the conversation of a hook is the same.
 */
export interface AgentRun {
  /** Who signed it. */
  issuer: string;
  subject: string;
  /** As Cursor calls them; empty where they are not told. */
  agent: string;
  turn: string;
  team: string;
}

/** Who asks. */
export interface Identity {
  user: string;
  groups: string[];
  /** Issuer and subject of the person's own token, `https://issuer#sub`: stays the same where a name does not. */
  subject?: string;
  pod?: Pod;
  /** Cursor's conversation and generation, where known. */
  conversation?: string;
  generation?: string;
  /** The people that it acts for, as they are called where they log in: the owner of the pod, the user of Cursor. */
  humans?: string[];
  /** Where a token of Cursor's was active: it names `humans`. */
  run?: AgentRun;
  proof: Proof;
}
