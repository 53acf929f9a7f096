/**
 * `npm test`: brings what the tests need, builds, checks types and style, runs every test, and closes with
 * `N passed, N failed, N skipped`. `--long` adds the long runs; `--cluster` runs those against the cluster that
 * KUBECONFIG names, and no others; further arguments name test files.
 * Runs on any Node from 20 and imports nothing but Node.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import {
  aptInstall,
  environment,
  fail,
  has,
  node,
  prepare,
  privilege,
  root,
  run,
} from '../sidecar/cli/setup.mjs';

/** Programs that tests use, the Debian packages that bring them, and what goes untested without them. */
const TOOLS = [
  { program: 'chromium', package: 'chromium', tests: 'the page' },
  { program: 'asciinema', package: 'asciinema', tests: 'reading casts independently' },
  { program: 'zsh', package: 'zsh', tests: 'guarded zsh' },
  { program: 'vim', package: 'vim', tests: 'full-screen programs' },
  { program: 'tmux', package: 'tmux', tests: 'terminals' },
];

const BIN = join(root, 'node_modules');
const BIOME = join(BIN, '@biomejs/biome/bin/biome');
const TAP = join(BIN, 'tap/dist/esm/run.mjs');

function ensureTools() {
  const missing = TOOLS.filter((tool) => !has(tool.program));
  if (missing.length === 0) return;
  const prefix = privilege();
  const packages = missing.map((tool) => tool.package);
  if (prefix !== null && aptInstall(packages, prefix)) return;
  const skipped = missing.map((tool) => `${tool.program} (skips ${tool.tests})`).join(', ');
  process.stderr.write(`chaperone: missing ${skipped}: sudo apt-get install -y ${packages.join(' ')}\n`);
}

function step(name, args) {
  process.stderr.write(`chaperone: ${name} …\n`);
  if (run(node, args) !== 0) fail(`${name} failed: see above`);
}

/** tap generates its test class from the plugins that .taprc names: once for each installation. */
function ensureTap() {
  const stamp = join(BIN, '.chaperone-tap');
  if (existsSync(stamp)) return;
  step('preparing tap', [TAP, 'build']);
  writeFileSync(stamp, '');
}

/** Test files at any depth: those of test/cluster, or all the others. */
function testFiles() {
  return readdirSync(join(root, 'test'), { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.test.ts') && name.startsWith(`cluster${sep}`) === cluster)
    .map((name) => join('test', name))
    .sort();
}

/** Where tests put what is temporary. Node itself keeps compiled code in the one directory that may stay. */
function makeScratch() {
  const path = mkdtempSync(join(tmpdir(), 'chaperone-tests-'));
  process.once('exit', () => rmSync(path, { recursive: true, force: true }));
  const left = () => readdirSync(path).filter((name) => name !== 'node-compile-cache');
  return { path, left };
}

/** Runs tap; its output goes through the reporter, whose exit status is the answer. */
function runTests(files, env) {
  const stdio = { cwd: root, env };
  const tap = spawn(node, [TAP, 'run', '-Rtap', '--disable-coverage', ...files], {
    ...stdio,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const reporter = spawn(node, ['test/report.ts'], { ...stdio, stdio: ['pipe', 'inherit', 'inherit'] });
  tap.stdout.pipe(reporter.stdin);
  const ended = (child) => new Promise((resolve) => child.on('close', (status) => resolve(status ?? 1)));
  return Promise.all([ended(tap), ended(reporter)]);
}

const args = process.argv.slice(2);
const named = args.filter((arg) => !arg.startsWith('--'));
const cluster = args.includes('--cluster');
if (cluster && !process.env.KUBECONFIG) fail('test:cluster needs KUBECONFIG: it says which cluster');
prepare();
ensureTools();
ensureTap();
step('building', ['esbuild.config.mjs']);
step('checking types', [join(BIN, 'typescript/bin/tsc'), '-b']);
step('checking style', [
  BIOME,
  'ci',
  '--error-on-warnings',
  `--colors=${process.stderr.isTTY ? 'force' : 'off'}`,
]);
const scratch = makeScratch();
const env = { ...environment(), TMPDIR: scratch.path };
if (args.includes('--long')) env.CHAPERONE_LONG = '1';
const [tapStatus, reportStatus] = await runTests(named.length > 0 ? named : testFiles(), env);
const left = scratch.left();
if (left.length > 0)
  process.stderr.write(`chaperone: tests left ${left.length} things behind in TMPDIR: ${left.join(' ')}\n`);
process.exitCode = tapStatus === 0 && reportStatus === 0 && left.length === 0 ? 0 : 1;
