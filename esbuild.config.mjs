/** Builds `dist/`: the CLI in one bundle with lazy chunks, the files it reads beside it, and the page. */
import { spawnSync } from 'node:child_process';
import { cpSync, globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { build } from 'esbuild';
import { build as buildPage } from 'vite';
import { policyJsonSchema } from './sidecar/policy/json-schema.ts';

/** Files that our code finds by `new URL('./name', import.meta.url)`; the bundle keeps them beside itself. */
const ASSETS = ['sidecar/policy/default.yaml', 'sidecar/shell/guard.bash', 'sidecar/shell/guard.zsh'];

const CFLAGS = [
  ...['-std=c11', '-O2', '-static', '-s'],
  ...['-Wall', '-Wextra', '-Wpedantic', '-Wconversion', '-Wshadow', '-Werror'],
];

rmSync('dist', { recursive: true, force: true });
mkdirSync('dist', { recursive: true });

await build({
  entryPoints: {
    chaperone: 'sidecar/cli/bin.mjs',
    main: 'sidecar/cli/main.ts',
    'pack-worker': 'recorder/store/pack-worker.ts',
  },
  outdir: 'dist',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  packages: 'bundle',
  external: ['node-pty', 'level', 'classic-level', './main.js'],
  chunkNames: '[name]-[hash]',
  minifySyntax: true,
  minifyWhitespace: true,
  keepNames: true,
  legalComments: 'linked',
  // CommonJS packages in the bundle ask for Node's own modules with `require`.
  banner: {
    js: "import { createRequire as chaperoneRequire } from 'node:module'; const require = chaperoneRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
for (const asset of ASSETS) cpSync(asset, `dist/${basename(asset)}`);
writeFileSync('dist/agentpolicy.schema.json', `${JSON.stringify(policyJsonSchema(), null, 2)}\n`);

// Static, so that it runs in whatever image the agent has; one program, told apart by its name. Without a compiler there are
// no hooks and no launcher, and the rest works.
const compiled = spawnSync(
  process.env.CC ?? 'cc',
  [...CFLAGS, '-o', 'dist/chaperone-launcher', ...globSync('sidecar/launcher/*.c')],
  { stdio: ['ignore', 'inherit', 'inherit'] },
);
if (compiled.error === undefined && compiled.status !== 0) process.exit(1);
if (compiled.status === 0) cpSync('dist/chaperone-launcher', 'dist/chaperone-hook');

await buildPage({ root: 'player', logLevel: 'error' });
writeFileSync('dist/.built', '');
