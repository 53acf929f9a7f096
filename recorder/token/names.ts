/**
 * Who a token names: the user and the groups, as they may stand in the log, in a policy and in a header. A claim that
 * is not plainly one is no reason to guess: the token is refused.
 */
import { ChaperoneError } from '../errors.ts';
import { UNPRINTABLE } from '../unprintable.ts';
import type { Claims } from './verifier.ts';

const MAX_NAME = 256;
const MAX_GROUPS = 500;
/** Names that are the cluster's or ours to give, however they are written. */
const RESERVED = /^(?:system|chaperone):/i;
const HIDDEN = new RegExp(`[\\u0000-\\u001f\\u00ad\\ufff9-\\ufffd${UNPRINTABLE}]`, 'u');
/** Alphabets that lend letters which look like Latin ones. */
const LENDING = /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}]/u;
const LATIN = /\p{Script=Latin}/u;

/**
 * The user by that claim.
 * @param claim e.g. `sub`, `email`
 * @throws ChaperoneError `UNAUTHENTICATED`
 */
export function userOf(claims: Claims, claim: string): string {
  const user = own(claims, claim);
  if (typeof user !== 'string') throw refused(`has no text as ${claim}`);
  // As Kubernetes has it: an address that the provider has not seen answered is anybody's.
  if (claim === 'email' && claims.email_verified !== undefined && claims.email_verified !== true)
    throw refused('has an address (email) that is not verified');
  requireName(user, claim);
  if (isReserved(user)) throw refused(`has a ${claim} that is reserved`);
  return user;
}

/**
 * The groups by that claim, each once; empty where there is none. Reserved ones are left out.
 * @throws ChaperoneError `UNAUTHENTICATED`
 */
export function groupsOf(claims: Claims, claim: string): string[] {
  const groups = own(claims, claim);
  if (groups === undefined || groups === null) {
    // Too many to be in the token: a rule against one of them would not be seen to apply.
    // https://learn.microsoft.com/en-us/security/zero-trust/develop/configure-tokens-group-claims-app-roles#group-overages
    const elsewhere = own(claims, '_claim_names');
    if (typeof elsewhere === 'object' && elsewhere !== null && Object.hasOwn(elsewhere, claim))
      throw refused(`leaves out the ${claim}: have the provider put fewer of them into it`);
    return [];
  }
  const list: unknown[] = Array.isArray(groups) ? groups : [groups];
  if (list.length > MAX_GROUPS) throw refused(`has more than ${MAX_GROUPS} ${claim}`);
  const names = list.map((group) => {
    if (typeof group !== 'string') throw refused(`has ${claim} that are no texts`);
    requireName(group, claim);
    return group;
  });
  return [...new Set(names)].filter((name) => !isReserved(name));
}

export function isReserved(name: string): boolean {
  return RESERVED.test(name);
}

/** @throws ChaperoneError `UNAUTHENTICATED` */
function requireName(name: string, claim: string): void {
  const problem = whatIsWrong(name);
  if (problem !== null) throw refused(`has a name as ${claim} that ${problem}`);
}

/** What keeps a name from being read by people and programs alike; null where nothing does. */
export function whatIsWrong(name: string): string | null {
  if (name === '') return 'is empty';
  if (name.length > MAX_NAME) return `is longer than ${MAX_NAME} characters`;
  if (!name.isWellFormed() || HIDDEN.test(name)) return 'holds characters that do not show';
  if (name !== name.trim()) return 'begins or ends with a blank';
  if (name !== name.normalize('NFKC')) return 'can be written in a plainer way';
  if (LENDING.test(name) && LATIN.test(name)) return 'mixes alphabets that look alike';
  return null;
}

function own(claims: Claims, claim: string): unknown {
  return Object.hasOwn(claims, claim) ? claims[claim] : undefined;
}

function refused(why: string): ChaperoneError {
  return new ChaperoneError('UNAUTHENTICATED', `the token ${why}`);
}
