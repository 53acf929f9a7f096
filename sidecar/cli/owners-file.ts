/** Reads `DATA/owners.yaml`: which people a workload acts for. It is read once, at the start. */
import { join } from 'node:path';
import { z } from 'zod';
import { NOBODY, type Owners, ownersOf } from '../../recorder/approvals/owners.ts';
import { ChaperoneError } from '../../recorder/errors.ts';
import { readRegularFile } from '../../recorder/store/regular-file.ts';
import { type Complain, readDocuments } from '../policy/documents.ts';

const pattern = z.string().min(1).max(256);
const rule = z.strictObject({
  user: pattern.optional(),
  serviceAccount: pattern
    .regex(/^[^:]+:[^:]+$/, 'a ServiceAccount is `namespace:name`, each of which may be a glob')
    .optional(),
  namespace: pattern.optional(),
  podLabels: z.record(pattern, pattern).optional(),
  people: z.array(z.string().trim().min(1).max(256)).min(1).max(64),
});
const file = z.strictObject({ owners: z.array(rule).max(10_000) });

type File = z.infer<typeof file>;

/**
 * Who nobody is where there is no such file.
 * @throws ChaperoneError `POLICY_INVALID` with line and column, `FORBIDDEN` where others can write it
 */
export async function readOwners(data: string): Promise<Owners> {
  const path = join(data, 'owners.yaml');
  const found = await readRegularFile(path, { links: true });
  if (found === null) return NOBODY;
  if ((found.mode & 0o022) !== 0)
    throw new ChaperoneError(
      'FORBIDDEN',
      `others can write ${path}, and so approve for themselves: chmod go-w it`,
    );
  return parseOwners(found.bytes.toString('utf8'), path);
}

/** @throws ChaperoneError `POLICY_INVALID`: `source:line:column: message` */
export function parseOwners(text: string, source: string): Owners {
  const [only, second] = readDocuments(text, source, {
    name: 'owners',
    several: 'owners',
    schema: file,
    check,
  });
  if (only === undefined || second !== undefined)
    throw new ChaperoneError('POLICY_INVALID', `${source}:1:1: owners are one document`);
  return ownersOf(only.value.owners);
}

function check({ owners }: File, _others: readonly File[], complain: Complain): void {
  for (const [place, { people, ...matched }] of owners.entries()) {
    const patterns = [
      matched.user,
      matched.serviceAccount,
      matched.namespace,
      ...Object.values(matched.podLabels ?? {}),
    ];
    const given = patterns.filter((one) => one !== undefined);
    if (given.length === 0)
      complain(['owners', place], 'say whose: user, serviceAccount, namespace or podLabels');
    const stars = given.join('').split('*').length - 1;
    for (const [at, person] of people.entries())
      if (
        person.includes('*') &&
        (stars !== 1 || /[?[\\]/.test(given.join('')) || person.split('*').length !== 2)
      )
        complain(
          ['owners', place, 'people', at],
          'a `*` in a name wants exactly one `*`, and no other glob, in what is matched',
        );
  }
}
