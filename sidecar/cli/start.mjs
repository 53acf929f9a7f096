/** `npm start`: prepares whatever is missing, then becomes `chaperone up` with the arguments given. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { ensureBuild, environment, node, prepare, root } from './setup.mjs';

prepare();
ensureBuild();

const child = spawn(node, [join(root, 'dist/chaperone.js'), 'up', ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: environment(),
});
for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
// The terminal sends Ctrl-C to the child as well; it decides when to leave.
process.on('SIGINT', () => {});
child.on('exit', (status, signal) => process.exit(status ?? 128 + constants.signals[signal]));
