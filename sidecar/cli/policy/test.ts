import { readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { type Command, Option } from 'commander';
import { ChaperoneError } from '../../../recorder/errors.ts';
import type { LoadedPolicy } from '../../policy/policy-file.ts';
import type { TestCase } from '../../policy/test-file.ts';
import type { Outcome } from '../../policy/test-run.ts';
import { count } from '../format.ts';
import type { Format, Located } from './test-report.ts';

/** `chaperone policy test FILE [CASES…]`. */
export function test(policy: Command): void {
  policy
    .command('test')
    .description('hold a policy against cases with the decisions that are expected; 1 where one is otherwise')
    .argument('<file>', 'a policy file')
    .argument(
      '[cases...]',
      'files of AgentPolicyTest documents (default: beside it, team.test.yaml for team.yaml)',
    )
    .addOption(
      new Option('--format <format>', 'of the report').choices(['text', 'tap', 'json']).default('text'),
    )
    .action(run);
}

async function run(file: string, cases: string[], { format }: { format: Format }): Promise<void> {
  const [{ readPolicy }, { report }] = await Promise.all([
    import('../../policy/policy-file.ts'),
    import('./test-report.ts'),
  ]);
  const policy = await readPolicy(file);
  const files = cases.length > 0 ? cases : [file.replace(/(\.ya?ml)?$/, '.test$1')];
  const outcomes: Located[] = [];
  for (const source of files) {
    for (const outcome of await outcomesOf(policy, source)) outcomes.push({ ...outcome, source });
  }
  process.stdout.write(report(outcomes, format));
  const failed = outcomes.filter(({ ok }) => !ok).length;
  if (failed > 0)
    throw new ChaperoneError(
      'NOT_VERIFIED',
      `${failed} of ${count(outcomes.length, 'case')} ${failed === 1 ? 'is' : 'are'} decided otherwise than expected`,
    );
}

async function outcomesOf(policy: LoadedPolicy, source: string): Promise<Outcome[]> {
  const [{ readDocumentText }, { parseTests }, { runCase }] = await Promise.all([
    import('../../policy/policy-file.ts'),
    import('../../policy/test-file.ts'),
    import('../../policy/test-run.ts'),
  ]);
  const cases = parseTests(await readDocumentText(source), source);
  const outcomes: Outcome[] = [];
  for (const one of cases) {
    try {
      outcomes.push(runCase(policy, one, await scriptOf(one, source)));
    } catch (error) {
      throw located(error, one, source);
    }
  }
  return outcomes;
}

async function scriptOf({ script }: TestCase, source: string): Promise<string | undefined> {
  if (script === undefined) return undefined;
  const path = isAbsolute(script) ? script : join(dirname(source), script);
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new ChaperoneError('NOT_FOUND', `the script ${path} cannot be read: ${error.code}`, {
      cause: error,
    });
  });
}

function located(error: unknown, { place, name }: TestCase, source: string): unknown {
  if (!(error instanceof ChaperoneError)) return error;
  const where = `${source}:${place.line}:${place.column}`;
  return new ChaperoneError(error.code, `${where}: ${name}: ${error.message}`, { cause: error });
}
