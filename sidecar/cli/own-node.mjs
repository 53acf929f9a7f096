/** Runs a file on the project's own Node: `node sidecar/cli/own-node.mjs FILE [arguments…]`. */
import { spawn } from 'node:child_process';
import { environment, node, prepare, root } from './setup.mjs';

prepare();
const child = spawn(node, process.argv.slice(2), { cwd: root, env: environment(), stdio: 'inherit' });
child.on('exit', (status) => process.exit(status ?? 1));
