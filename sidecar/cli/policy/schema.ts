import type { Command } from 'commander';

/** `chaperone policy schema`. */
export function schema(policy: Command): void {
  policy
    .command('schema')
    .description('print the JSON Schema of a policy, with which editors complete and check it')
    .action(async () => {
      const { policyJsonSchema } = await import('../../policy/json-schema.ts');
      process.stdout.write(`${JSON.stringify(policyJsonSchema(), null, 2)}\n`);
    });
}
