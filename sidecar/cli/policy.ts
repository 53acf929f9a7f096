import type { Command } from 'commander';
import { count } from './format.ts';

/** `chaperone policy`: work on policy files. */
export function policy(root: Command): void {
  const verb = root.command('policy').description('work on policy files');
  verb
    .command('check')
    .description('say whether a policy file is valid; where it is not, in which line and column')
    .argument('<file>', 'a file with one or more AgentPolicy documents')
    .action(check);
}

async function check(file: string): Promise<void> {
  const { readPolicy } = await import('../policy/policy-file.ts');
  const { policies } = await readPolicy(file);
  const rules = policies.reduce((sum, one) => sum + (one.spec.commands?.length ?? 0), 0);
  process.stdout.write(`valid: ${count(policies.length, 'policy', 'policies')}, ${count(rules, 'rule')}\n`);
}
