/** The policy that a verb works with: a file that is named, or the one in force. */
import { ChaperoneError } from '../../../recorder/errors.ts';
import type { LoadedPolicy } from '../../policy/policy-file.ts';
import { dataDirectory } from '../data.ts';
import { policyPath } from '../policies.ts';

/** @throws ChaperoneError `POLICY_INVALID`, `NOT_FOUND` */
export async function loadPolicy(file: string | undefined, data: string | undefined): Promise<LoadedPolicy> {
  const { readPolicy } = await import('../../policy/policy-file.ts');
  if (file !== undefined) return readPolicy(file);
  const path = policyPath(dataDirectory(data));
  return readPolicy(path).catch((error: unknown) => {
    if (error instanceof ChaperoneError && error.code === 'NOT_FOUND')
      throw new ChaperoneError(
        'NOT_FOUND',
        `no policy is in force (${error.message}): name a file, or the directory with --data`,
        { cause: error },
      );
    throw error;
  });
}
