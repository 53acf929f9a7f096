import type { Command } from 'commander';
import { count } from '../format.ts';

/** `chaperone policy check FILE`. */
export function check(policy: Command): void {
  policy
    .command('check')
    .description('say whether a policy file is valid; where it is not, in which line and column')
    .argument('<file>', 'a file with one or more AgentPolicy documents')
    .action(run);
}

async function run(file: string): Promise<void> {
  const [{ readPolicy }, { rulesOf }] = await Promise.all([
    import('../../policy/policy-file.ts'),
    import('../../policy/schema.ts'),
  ]);
  const { policies } = await readPolicy(file);
  const rules = policies.flatMap(rulesOf).length;
  process.stdout.write(`valid: ${count(policies.length, 'policy', 'policies')}, ${count(rules, 'rule')}\n`);
}
