/**
 * `npm test`: brings what the tests need, builds, checks types and style, runs every test, and closes with
 * `N passed, N failed, N skipped`. `--long` adds the long runs; `--cluster` runs those against the cluster that
 * KUBECONFIG names, and no others; further arguments name test files.
 * Runs on any Node from 20 and imports nothing but Node.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { constants, tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import {
  aptInstall,
  aptKnows,
  environment,
  fail,
  has,
  node,
  prepare,
  privilege,
  root,
  run,
} from '../sidecar/cli/setup.mjs';

/** Programs that tests use, their packages where these have other names, what does instead, what goes untested else. */
const TOOLS = [
  { program: 'chromium-headless-shell', instead: 'chromium', tests: 'the page' },
  { program: 'asciinema', tests: 'reading casts independently' },
  { program: 'zsh', tests: 'guarded zsh' },
  { program: 'vim', tests: 'full-screen programs' },
  { program: 'tmux', tests: 'terminals' },
  { program: 'strace', tests: 'what commands start' },
  { program: 'sudo', tests: 'what sudo starts' },
  { program: 'parallel', tests: 'what parallel starts' },
  { program: 'busybox', tests: 'what its applets start' },
  { program: 'mke2fs', package: 'e2fsprogs', tests: 'what earlier lines set' },
  { program: 'curl', tests: 'what curl sends' },
  { program: 'wget', tests: 'what wget sends' },
  { program: 'sqlite3', tests: 'what its statements change' },
];

const BIN = join(root, 'node_modules');
const COLORS = `--colors=${process.stderr.isTTY ? 'force' : 'off'}`;
const CHECKS = [
  { name: 'types', args: [join(BIN, 'typescript/bin/tsc'), '-b'] },
  { name: 'style', args: [join(BIN, '@biomejs/biome/bin/biome'), 'ci', '--error-on-warnings', COLORS] },
];

const packageOf = ({ program, package: name = program }) => name;

function ensureTools() {
  const absent = TOOLS.filter((tool) => !has(tool.program));
  const lacking = () => absent.filter(({ program, instead = program }) => !has(program) && !has(instead));
  // What is only faster is wanted where apt has it.
  const wanted = absent.filter((tool) => lacking().includes(tool) || aptKnows(packageOf(tool)));
  const prefix = wanted.length > 0 ? privilege() : null;
  if (prefix !== null) aptInstall(wanted.map(packageOf), prefix);
  const missing = lacking();
  if (missing.length === 0) return;
  const skipped = missing.map((tool) => `${tool.program} (skips ${tool.tests})`).join(', ');
  const packages = missing.map((tool) => tool.instead ?? packageOf(tool)).join(' ');
  process.stderr.write(`chaperone: missing ${skipped}: sudo apt-get install -y ${packages}\n`);
}

/**
 * Waits until no other run in this checkout is under way: both would write the same build. The kernel holds the
 * name as long as this process lives, https://man7.org/linux/man-pages/man7/unix.7.html (abstract sockets).
 */
async function awaitTurn() {
  const name = `\0chaperone-tests-${createHash('sha256').update(root).digest('hex')}`;
  for (let told = false; !(await take(name)); told = true) {
    if (!told) process.stderr.write('chaperone: waiting for the tests that already run in this checkout …\n');
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

/** Takes the name for this process; false if another has it. */
function take(name) {
  return new Promise((resolve, reject) => {
    const holder = createServer().unref();
    holder.once('error', (error) => (error.code === 'EADDRINUSE' ? resolve(false) : reject(error)));
    holder.listen(name, () => resolve(true));
  });
}

/** Runs a check beside the tests; its output follows in one piece. Answers whether it passed. */
async function check({ name, args }) {
  const child = start(args, { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk));
  const passed = (await ended(child)) === 0;
  if (!passed) process.stderr.write(output.join(''));
  process.stderr.write(`chaperone: ${name} ${passed ? 'checked' : 'are wrong: see above'}\n`);
  return passed;
}

/** Test files at any depth: those of test/cluster, or all the others. */
function testFiles() {
  return readdirSync(join(root, 'test'), { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.test.ts') && name.startsWith(`cluster${sep}`) === cluster)
    .map((name) => join('test', name))
    .sort();
}

/** Where tests put what is temporary. What may stay there: Node's compiled code, and where tap makes its `t.testdir`. */
function makeScratch() {
  const path = mkdtempSync(join(tmpdir(), 'chaperone-tests-'));
  process.once('exit', () => rmSync(path, { recursive: true, force: true }));
  const left = () => readdirSync(path).filter((name) => !['node-compile-cache', '.tap'].includes(name));
  return { path, left };
}

/** Runs the files; what they say goes through the reporter. Answers whether all is well. */
async function runTests(files, env) {
  const options = { cwd: root, env };
  const suite = spawn(node, ['test/suite.ts', ...files], {
    ...options,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const reporter = spawn(node, ['test/report.ts'], { ...options, stdio: ['pipe', 'inherit', 'inherit'] });
  suite.stdout.pipe(reporter.stdin);
  const statuses = await Promise.all([ended(suite), ended(reporter)]);
  return statuses.every((status) => status === 0);
}

/** Starts our Node on something that ends, at the latest, with this process. */
function start(args, options) {
  const child = spawn(node, args, { cwd: root, ...options });
  process.once('exit', () => child.kill());
  return child;
}

function ended(child) {
  return new Promise((resolve) => child.on('close', (status) => resolve(status ?? 1)));
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
  process.once(signal, () => process.exit(128 + constants.signals[signal]));

const args = process.argv.slice(2);
const named = args.filter((arg) => !arg.startsWith('--'));
const cluster = args.includes('--cluster');
if (cluster && !process.env.KUBECONFIG) fail('test:cluster needs KUBECONFIG: it says which cluster');
await awaitTurn();
prepare();
ensureTools();
const checks = CHECKS.map(check);
process.stderr.write('chaperone: building …\n');
if (run(node, ['esbuild.config.mjs']) !== 0) fail('building failed: see above');
const scratch = makeScratch();
const env = {
  ...environment(),
  TMPDIR: scratch.path,
  // Where `t.testdir` makes its directories.
  TAP_CWD: scratch.path,
  // Each file is a process that loads much the same modules.
  NODE_COMPILE_CACHE: join(BIN, '.cache/chaperone/compiled'),
};
if (args.includes('--long')) env.CHAPERONE_LONG = '1';
const passed = await runTests(named.length > 0 ? named : testFiles(), env);
const checked = await Promise.all(checks);
const left = scratch.left();
if (left.length > 0)
  process.stderr.write(`chaperone: tests left ${left.length} things behind in TMPDIR: ${left.join(' ')}\n`);
process.exitCode = passed && !checked.includes(false) && left.length === 0 ? 0 : 1;
