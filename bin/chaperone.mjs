#!/usr/bin/env node
/**
 * What npm links as `chaperone`: it is there before anything is built, for npm never links again what it once missed.
 * A checkout is built by its first use; a package comes built. Runs on any Node from 20.
 */
import { existsSync } from 'node:fs';

const program = new URL('../dist/chaperone.js', import.meta.url);
if (!existsSync(program)) {
  const { ensureBuild, prepare } = await import('../sidecar/cli/setup.mjs');
  prepare();
  ensureBuild();
}
await import(program.href);
