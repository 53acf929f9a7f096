import type { Command } from 'commander';
import { ChaperoneError } from '../../../recorder/errors.ts';
import { systemClock } from '../../clock.ts';
import { dataOption } from '../data.ts';
import { jsonLine } from '../format.ts';
import { loadPolicy } from './which.ts';
import { identityOf, settingOf, type WhomFlags, withWhom } from './whom.ts';

interface Flags extends WhomFlags {
  data?: string;
  body?: string;
  bodyType: string;
  json?: boolean;
}

/** `chaperone policy explain [FILE] 'command or request'`. */
export function explain(policy: Command): void {
  const verb = policy
    .command('explain')
    .description('say how a command or request would be decided, by which rules, and what would make it pass')
    .argument('<file>', 'a policy file; left out, the policy in force is asked')
    .argument('[action]', "a command line as it is typed, or a request such as 'DELETE /api/v1/namespaces/x'")
    .usage("[options] [file] 'command or request'")
    .addOption(dataOption())
    .option('--body <file>', 'the body of a request')
    .option('--body-type <type>', 'its media type', 'application/json')
    .option('--json', 'the explanation as JSON');
  withWhom(verb).action(run);
}

async function run(first: string, second: string | undefined, flags: Flags): Promise<void> {
  const [file, text] = second === undefined ? [undefined, first] : [first, second];
  const [policy, action, identity] = await Promise.all([
    loadPolicy(file, flags.data),
    actionOf(text, flags),
    identityOf(flags),
  ]);
  const explanation = policy.explain(action, identity, systemClock.now());
  const { explanationText } = await import('./explanation-text.ts');
  process.stdout.write(flags.json ? jsonLine(explanation) : explanationText(explanation));
}

async function actionOf(text: string, flags: Flags) {
  const { readAction } = await import('../../policy/read-action.ts');
  const body = flags.body === undefined ? {} : { body: await bodyOf(flags.body, flags.bodyType) };
  return readAction(text, { ...settingOf(flags), ...body });
}

async function bodyOf(path: string, type: string) {
  const [{ readRegularFile }, { MAX_BODY }] = await Promise.all([
    import('../../../recorder/store/regular-file.ts'),
    import('../../request/understand.ts'),
  ]);
  const file = await readRegularFile(path, { limit: MAX_BODY, links: true });
  if (file === null) throw new ChaperoneError('NOT_FOUND', `${path}: there is no such file`);
  return { bytes: file.bytes, type };
}
