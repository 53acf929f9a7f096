import type { Command } from 'commander';
import { count, visible } from '../format.ts';

/** `chaperone policy check FILE`. */
export function check(policy: Command): void {
  policy
    .command('check')
    .description(
      'say whether a policy file is valid, and what in it does nothing yet; each with line and column',
    )
    .argument('<file>', 'a file with one or more AgentPolicy documents')
    .action(run);
}

async function run(file: string): Promise<void> {
  const [{ readPolicyDocuments }, { rulesOf }, { warningsOf }] = await Promise.all([
    import('../../policy/policy-file.ts'),
    import('../../policy/schema.ts'),
    import('../../policy/warnings.ts'),
  ]);
  const documents = await readPolicyDocuments(file);
  const policies = documents.map(({ value }) => value);
  for (const { policy, path, message } of warningsOf(policies)) {
    const { line, column } = documents[policy]!.placeOf(path);
    process.stderr.write(`${visible(file)}:${line}:${column}: warning: ${message}\n`);
  }
  const rules = policies.flatMap(rulesOf).length;
  process.stdout.write(`valid: ${count(policies.length, 'policy', 'policies')}, ${count(rules, 'rule')}\n`);
}
