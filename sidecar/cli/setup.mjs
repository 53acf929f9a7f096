/**
 * What `npm start` and `npm test` need before our own code can run: a compiler for node-pty, the packages
 * of the lockfile, and a build that is not stale. Runs on any Node from 20 and imports nothing but Node.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(fileURLToPath(import.meta.url), '../../..');

const OLDEST_NODE = 20;
/**
 * The project's own Node 24 and the headers for compiling against it, which the packages bring; everything of
 * ours runs on it. Named by its package: npm 9 leaves `.bin/node` out where several platforms would bring it.
 */
const runtime = join(root, 'node_modules', `node-linux-${process.arch}`);
export const node = join(runtime, 'bin/node');

/** The environment for what we start: the project's own Node and tools come first. */
export function environment() {
  const first = [join(runtime, 'bin'), join(root, 'node_modules/.bin')];
  return { ...process.env, PATH: [...first, process.env.PATH ?? ''].join(delimiter) };
}

/** Ends the program with one line on stderr. */
export function fail(message, status = 1) {
  process.stderr.write(`chaperone: ${message}\n`);
  process.exit(status);
}

/** Runs a program to its end; its output goes to stderr, so that stdout stays the product's. */
export function run(command, args, options = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    env: environment(),
    stdio: ['ignore', 2, 2],
    ...options,
  });
  if (result.error) return 127;
  return result.status ?? 1;
}

export function has(program) {
  return (process.env.PATH ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** How this user may install Debian packages: `[]` as root, `['sudo', '-n']` without a password, or null. */
export function privilege() {
  if (!has('apt-get')) return null;
  if (process.getuid?.() === 0) return [];
  if (has('sudo') && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0)
    return ['sudo', '-n'];
  return null;
}

/** Is there a package of this name, as far as apt's lists tell? */
export function aptKnows(name) {
  return spawnSync('apt-cache', ['show', name], { stdio: 'ignore' }).status === 0;
}

/** Installs Debian packages, those of them that there are. Answers whether all of them are installed. */
export function aptInstall(packages, prefix) {
  const apt = (...args) => {
    const [command, ...rest] = [
      ...prefix,
      'env',
      'DEBIAN_FRONTEND=noninteractive',
      'apt-get',
      '-qq',
      ...args,
    ];
    return run(command, rest);
  };
  process.stderr.write(`chaperone: installing ${packages.join(' ')} …\n`);
  apt('update');
  const known = packages.filter(aptKnows);
  const installed = apt('install', '-y', '--no-install-recommends', ...known) === 0;
  return installed && known.length === packages.length;
}

function checkNode() {
  if (Number(process.versions.node.split('.')[0]) >= OLDEST_NODE) return;
  fail(`Node ${process.versions.node} is too old: install Node ${OLDEST_NODE} or newer with npm`, 5);
}

/** node-pty has no Linux prebuild: it compiles, which takes python3, make and a C++ compiler. */
function ensureCompiler() {
  const wanted = { python3: 'python3', make: 'make', 'g++': 'g++', cc: 'gcc' };
  const missing = Object.keys(wanted).filter((program) => !has(program));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((program) => wanted[program]))];
  const prefix = process.getuid?.() === 0 ? privilege() : null;
  if (prefix !== null && aptInstall(packages, prefix)) return;
  fail(
    `${missing.join(', ')} missing, needed to compile node-pty: sudo apt-get install -y ${packages.join(' ')}`,
    5,
  );
}

function lockDigest() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  return hash.update(readFileSync(join(root, 'package-lock.json'))).digest('hex');
}

/** Installs exactly the lockfile's packages where they are missing or of another lockfile. */
function ensurePackages() {
  const stamp = join(root, 'node_modules/.chaperone-lock');
  const digest = lockDigest();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  ensureCompiler();
  process.stderr.write('chaperone: installing packages …\n');
  // The headers for compiling node-pty come with the Node that it will run on: no further download.
  const env = { ...process.env, npm_config_nodedir: runtime };
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
  if (run('npm', ['ci', '--include=dev', '--include=optional', ...quiet], { env }) !== 0)
    fail('npm could not install the packages: see above', 5);
  if (!existsSync(node))
    fail(`no Node 24 package for ${process.platform}-${process.arch}: linux x64 or arm64 is needed`, 5);
  writeFileSync(stamp, digest);
}

/** Time of the newest source file, in milliseconds. */
function newest(path) {
  const { mtimeMs } = statSync(path);
  if (!statSync(path).isDirectory()) return mtimeMs;
  const children = readdirSync(path).map((name) => newest(join(path, name)));
  return Math.max(mtimeMs, ...children);
}

/** Builds `dist/` where any source is newer than it. */
export function ensureBuild() {
  const stamp = join(root, 'dist/.built');
  const sources = ['recorder', 'sidecar', 'player', 'package-lock.json', 'esbuild.config.mjs'];
  const changed = Math.max(...sources.map((path) => newest(join(root, path))));
  if (existsSync(stamp) && statSync(stamp).mtimeMs >= changed) return;
  process.stderr.write('chaperone: building …\n');
  if (run(node, ['esbuild.config.mjs']) !== 0) fail('the build failed: see above');
}

/** Everything that must be there before our own code runs. */
export function prepare() {
  checkNode();
  ensurePackages();
}
