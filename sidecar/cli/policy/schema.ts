import { type Command, Option } from 'commander';

/** `chaperone policy schema`. */
export function schema(policy: Command): void {
  policy
    .command('schema')
    .description(
      'print the JSON Schema of a policy, with which editors complete and check it, or its definition for Kubernetes',
    )
    .addOption(
      new Option('--of <kind>', 'a policy, its tests, or the CustomResourceDefinition as YAML')
        .choices(['policy', 'test', 'crd'])
        .default('policy'),
    )
    .action(run);
}

async function run({ of }: { of: 'policy' | 'test' | 'crd' }): Promise<void> {
  process.stdout.write(await textOf(of));
}

async function textOf(kind: 'policy' | 'test' | 'crd'): Promise<string> {
  const { policyJsonSchema, testJsonSchema } = await import('../../policy/json-schema.ts');
  switch (kind) {
    case 'policy':
      return `${JSON.stringify(policyJsonSchema(), null, 2)}\n`;
    case 'test':
      return `${JSON.stringify(testJsonSchema(), null, 2)}\n`;
    case 'crd': {
      const { policyCrdText } = await import('../../policy/crd.ts');
      return policyCrdText();
    }
  }
}
