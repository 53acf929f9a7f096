import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { ChaperoneError } from '../../recorder/errors.ts';
import { dataDirectory, dataOption, kubeDirectory } from './data.ts';

/** `chaperone kubeconfig`: prints the path of the kubeconfig that leads to the guarded API. */
export function kubeconfig(root: Command): void {
  root
    .command('kubeconfig')
    .description(
      'print where the kubeconfig of the guarded API is: KUBECONFIG=$(chaperone kubeconfig) kubectl …',
    )
    .addOption(dataOption())
    .action(run);
}

async function run(options: { data?: string }): Promise<void> {
  const path = join(kubeDirectory(dataDirectory(options.data)), 'kubeconfig');
  // Printed in any case: an empty KUBECONFIG would send kubectl to the user's own, past the gate.
  process.stdout.write(`${path}\n`);
  const found = await stat(path).catch(() => null);
  if (found === null) {
    throw new ChaperoneError(
      'NOT_FOUND',
      'no Kubernetes API was guarded yet: chaperone up --context NAME does it',
    );
  }
}
