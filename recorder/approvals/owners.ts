/**
 * Which people a workload acts for, as the operator says: nobody else can know it. Pure.
 *
 *     { serviceAccount: 'agents:cursor-*', people: ['*@example.com'] }    the `*` is what it stood for there
 */
import type { Identity } from '../audit/identity.ts';
import { glob, matches } from '../glob.ts';

/** Holds for who matches every member that is there; each is a glob. */
export interface OwnerRule {
  /** The name of the user: of one machine, or of a token. */
  user?: string | undefined;
  /** `namespace:name`, of who runs in a Pod. */
  serviceAccount?: string | undefined;
  namespace?: string | undefined;
  /** As they were at admission, where that is known. */
  podLabels?: Record<string, string> | undefined;
  /** As they are called where they sign in. */
  people: readonly string[];
}

export type Owners = (identity: Identity) => readonly string[];

export const NOBODY: Owners = () => [];

export function ownersOf(rules: readonly OwnerRule[]): Owners {
  return (identity) => [...new Set(rules.flatMap((rule) => peopleOf(rule, identity)))];
}

/** An identity with the people that it is known to act for, beside those that it names itself. */
export function withHumans(identity: Identity, owners: Owners): Identity {
  const humans = new Set([...(identity.humans ?? []), ...owners(identity)]);
  return humans.size === 0 ? identity : { ...identity, humans: [...humans] };
}

function peopleOf({ people, ...rule }: OwnerRule, identity: Identity): string[] {
  const starred = matched(rule, identity);
  if (starred === null) return [];
  return people.flatMap((person) => {
    if (!person.includes('*')) return [person];
    return starred === '' ? [] : [person.replace('*', () => starred)];
  });
}

/** What the one `*` of the rule stood for, empty where it has none or several; null where the rule does not match. */
function matched(rule: Omit<OwnerRule, 'people'>, { user, pod }: Identity): string | null {
  const account = pod === undefined ? undefined : `${pod.namespace}:${pod.serviceAccount}`;
  const parts: [pattern: string | undefined, text: string | undefined][] = [
    [rule.user, user],
    [rule.serviceAccount, account],
    [rule.namespace, pod?.namespace],
    ...Object.entries(rule.podLabels ?? {}).map(
      ([label, pattern]) => [pattern, ownLabel(pod?.labels, label)] as [string, string | undefined],
    ),
  ];
  const asked = parts.filter((part): part is [string, string | undefined] => part[0] !== undefined);
  if (asked.length === 0) return null;
  const holds = asked.every(([pattern, text]) => text !== undefined && matches(glob(pattern), text));
  if (!holds) return null;
  const stars = asked.filter(([pattern]) => pattern.includes('*'));
  return stars.length === 1 ? stood(...(stars[0] as [string, string])) : '';
}

function stood(pattern: string, text: string): string {
  const [before = '', after = '', ...more] = pattern.split('*');
  if (more.length > 0 || /[?[\\]/.test(pattern)) return '';
  return text.slice(before.length, text.length - after.length);
}

function ownLabel(labels: Record<string, string> | undefined, name: string): string | undefined {
  return labels !== undefined && Object.hasOwn(labels, name) ? labels[name] : undefined;
}
