import { type Command, Option } from 'commander';

/** `chaperone policy schema`. */
export function schema(policy: Command): void {
  policy
    .command('schema')
    .description('print the JSON Schema of a policy, with which editors complete and check it')
    .addOption(
      new Option('--of <kind>', 'a policy, or its tests').choices(['policy', 'test']).default('policy'),
    )
    .action(run);
}

async function run({ of }: { of: 'policy' | 'test' }): Promise<void> {
  const { policyJsonSchema, testJsonSchema } = await import('../../policy/json-schema.ts');
  const schema = of === 'policy' ? policyJsonSchema() : testJsonSchema();
  process.stdout.write(`${JSON.stringify(schema, null, 2)}\n`);
}
