#!/usr/bin/env node
/**
 * The program `chaperone`. Chaperone runs on Node 24; on an older one this file hands over to the Node that
 * came with the package. It must parse on any Node from 20.
 */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';

const NEEDED = 24;

/** The Node that the package brought for this platform, or null. */
function bundledNode() {
  try {
    const manifest = createRequire(import.meta.url).resolve(`node-linux-${process.arch}/package.json`);
    return join(dirname(manifest), 'bin/node');
  } catch {
    return null;
  }
}

function handOver() {
  const node = bundledNode();
  if (node === null) {
    process.stderr.write(`chaperone: Node ${process.versions.node} is too old: install Node ${NEEDED}\n`);
    process.exit(5);
  }
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  process.on('SIGINT', () => {});
  child.on('exit', (status, signal) => process.exit(status ?? 128 + constants.signals[signal]));
}

if (Number(process.versions.node.split('.')[0]) < NEEDED) {
  handOver();
} else {
  // What passes through is short-lived, and a young generation of 64 MB would only be that much more memory. V8 reads this
  // where it would grow it; the size itself could be given on the command line alone.
  setFlagsFromString('--semi-space-growth-factor=1');
  const main = import.meta.url.endsWith('.mjs') ? './main.ts' : './main.js';
  const { main: run } = await import(new URL(main, import.meta.url).href);
  await run(process.argv);
}
