/** Who a policy is for. Pure. */
import type { Identity } from '../../recorder/audit/identity.ts';
import { every, MAYBE, NO, some, sure, type Tri, YES } from '../match/tri.ts';
import { anyOf, compilePattern } from './pattern.ts';
import type { Subject } from './schema/subject.ts';

type Condition = (identity: Identity) => Tri;

/** Any of them; everybody for undefined. MAYBE where it hangs on labels of a pod that are not known. */
export function compileSubjects(subjects: readonly Subject[] | undefined): Condition {
  if (subjects === undefined) return () => YES;
  const tests = subjects.map(compileSubject);
  return (identity) => some(tests, (test) => test(identity));
}

function compileSubject({ users, groups, serviceAccounts, namespaces, podLabels }: Subject): Condition {
  const conditions: Condition[] = [];
  if (users) {
    const test = anyOf(users);
    conditions.push(({ user }) => sure(test(user)));
  }
  if (groups) {
    const test = anyOf(groups);
    conditions.push((identity) => sure(identity.groups.some(test)));
  }
  if (serviceAccounts) {
    const test = anyOf(serviceAccounts);
    conditions.push(ofPod(({ namespace, serviceAccount }) => sure(test(`${namespace}:${serviceAccount}`))));
  }
  if (namespaces) {
    const test = anyOf(namespaces);
    conditions.push(ofPod(({ namespace }) => sure(test(namespace))));
  }
  for (const [key, pattern] of Object.entries(podLabels ?? {})) {
    const test = compilePattern(pattern);
    conditions.push(ofPod(({ labels }) => (labels ? sure(hasLabel(labels, key, test)) : MAYBE)));
  }
  return (identity) => every(conditions, (condition) => condition(identity));
}

function ofPod(test: (pod: NonNullable<Identity['pod']>) => Tri): Condition {
  return ({ pod }) => (pod === undefined ? NO : test(pod));
}

function hasLabel(
  labels: Readonly<Record<string, string>>,
  key: string,
  test: (value: string) => boolean,
): boolean {
  return Object.hasOwn(labels, key) && test(labels[key]!);
}
