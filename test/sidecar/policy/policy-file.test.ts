/** The policy as a file: made when missing, watched, and a broken change refused. */
import { mkdir, readFile, rename, rm, stat, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import type { Identity } from '../../../recorder/audit/identity.ts';
import type { ChaperoneError } from '../../../recorder/errors.ts';
import { analyse } from '../../../sidecar/command/analyse.ts';
import {
  defaultPolicyText,
  type LoadedPolicy,
  PolicyFile,
  readPolicy,
} from '../../../sidecar/policy/policy-file.ts';

const identity: Identity = { user: 'u', groups: [], proof: 'claimed' };
const text = (effect: string) =>
  `apiVersion: chaperone.dev/v1alpha1\nkind: AgentPolicy\nmetadata: {name: p}\nspec: {defaults: {commands: ${effect}}}\n`;
/** Puts a whole file in the place of another, as careful editors do. */
async function replace(path: string, content: string): Promise<void> {
  await writeFile(`${path}.new`, content);
  await rename(`${path}.new`, path);
}

const effectOf = (policy: LoadedPolicy) => policy.decide(analyse('ls', { cwd: '/' }), identity).effect;

/** Collects what a policy file reports, and waits for it. */
class Reports {
  readonly seen: string[] = [];
  #wake: (() => void) | undefined;
  readonly options = {
    pollInterval: 20,
    onLoaded: (policy: LoadedPolicy) => this.#add(effectOf(policy)),
    onRejected: (error: ChaperoneError) => this.#add(`${error.code}: ${error.message}`),
    onMended: () => this.#add('mended'),
  };

  #add(report: string): void {
    this.seen.push(report);
    this.#wake?.();
  }

  upTo(count: number): Promise<string[]> {
    return this.#until(() => this.seen.length >= count);
  }

  async with(report: string): Promise<void> {
    await this.#until(() => this.seen.includes(report));
  }

  async #until(reached: () => boolean): Promise<string[]> {
    // The watch itself keeps no process alive.
    const alive = setInterval(() => undefined, 1000);
    while (!reached()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    clearInterval(alive);
    return this.seen;
  }
}

t.test('made from the default when missing, for the owner only', async (t) => {
  const path = join(t.testdir(), 'data', 'policy.yaml');
  const reports = new Reports();
  const file = await PolicyFile.open(path, reports.options);
  t.teardown(() => file.close());
  t.equal((await stat(path)).mode & 0o777, 0o600);
  t.equal(await readFile(path, 'utf8'), await defaultPolicyText());
  t.strictSame(reports.seen, ['allow'], 'the first policy is reported');
  t.match(file.current().digest, /^sha256:[0-9a-f]{64}$/);
});

t.test('two processes that start at once make one file', async (t) => {
  const path = join(t.testdir(), 'policy.yaml');
  const files = await Promise.all([PolicyFile.open(path), PolicyFile.open(path), PolicyFile.open(path)]);
  t.teardown(() => Promise.all(files.map((file) => file.close())));
  t.equal(new Set(files.map((file) => file.current().digest)).size, 1);
});

t.test('a broken file at the start is an error with its place', async (t) => {
  const path = join(t.testdir({ 'policy.yaml': 'kind: [\n' }), 'policy.yaml');
  await t.rejects(PolicyFile.open(path), { code: 'POLICY_INVALID', message: /policy\.yaml:\d+:\d+: / });
});

t.test('a file that is no text, or a directory', async (t) => {
  const dir = t.testdir({ 'policy.yaml': Buffer.from([0xff, 0xfe, 0]), sub: {} });
  await t.rejects(readPolicy(join(dir, 'policy.yaml')), { code: 'POLICY_INVALID', message: /UTF-8/ });
  await t.rejects(readPolicy(join(dir, 'sub')), { code: 'NOT_FOUND' });
});

t.test('changes in every way that editors make them', async (t) => {
  const dir = t.testdir({ 'policy.yaml': text('allow') });
  const path = join(dir, 'policy.yaml');
  const reports = new Reports();
  const file = await PolicyFile.open(path, reports.options);
  t.teardown(() => file.close());

  await replace(path, text('deny'));
  await reports.upTo(2);
  t.equal(effectOf(file.current()), 'deny', 'another renamed over it');

  await replace(path, 'kind: [\n');
  const [, , rejected] = await reports.upTo(3);
  t.match(rejected, /^POLICY_INVALID: .*policy\.yaml:\d+:\d+: /);
  t.equal(effectOf(file.current()), 'deny', 'a broken one leaves the former in force');

  await unlink(path);
  t.match((await reports.upTo(4))[3], /^NOT_FOUND: /);
  t.equal(effectOf(file.current()), 'deny', 'and so does a missing one');

  await replace(path, text('allow'));
  t.strictSame((await reports.upTo(6)).slice(4), ['allow', 'mended'], 'and it recovers');

  await replace(path, `# a comment\n${text('allow')}`);
  await file.reload();
  t.equal(reports.seen.length, 6, 'what says the same is no change');

  await replace(path, 'kind: [\n');
  await reports.upTo(7);
  await replace(path, text('allow'));
  t.strictSame((await reports.upTo(8)).slice(7), ['mended'], 'unless it was broken in between');

  await writeFile(path, text('ask'));
  await reports.with('ask');
  t.equal(effectOf(file.current()), 'ask', 'written in place');
});

t.test('a mounted ConfigMap, whose link is swapped', async (t) => {
  const dir = t.testdir();
  for (const version of ['1', '2']) {
    await mkdir(join(dir, version));
    await writeFile(join(dir, version, 'policy.yaml'), text(version === '1' ? 'allow' : 'deny'));
  }
  await symlink('1', join(dir, '..data'));
  await symlink('..data/policy.yaml', join(dir, 'policy.yaml'));
  const reports = new Reports();
  const file = await PolicyFile.open(join(dir, 'policy.yaml'), reports.options);
  t.teardown(() => file.close());
  await symlink('2', join(dir, '..data_tmp'));
  await rename(join(dir, '..data_tmp'), join(dir, '..data'));
  t.strictSame(await reports.upTo(2), ['allow', 'deny']);
});

t.test('the digest is of what is said, not of how', async (t) => {
  const second = text('deny').replace('name: p', 'name: q');
  const dir = t.testdir({
    a: `${text('allow')}---\n${second}`,
    b: `# reordered\n${second}\n---\n\n${text('allow')}`,
    c: text('allow'),
  });
  const [a, b, c] = await Promise.all(['a', 'b', 'c'].map((name) => readPolicy(join(dir, name))));
  t.equal(a!.digest, b!.digest);
  t.not(a!.digest, c!.digest);
  await rm(dir, { recursive: true });
});

t.test('expressions are judged with what asks and when', async (t) => {
  const when = (expression: string) =>
    text('allow').replace(
      '}}',
      `}, commands: [{name: r, match: {program: [ls]}, effect: deny, reason: x, when: '${expression}'}]}`,
    );
  const dir = t.testdir({
    good: when('identity.user == "u" && now.getHours() < 9'),
    bad: when('identity.usr == ""'),
  });
  const policy = await readPolicy(join(dir, 'good'));
  const at = (hour: number) => Date.UTC(2026, 0, 1, hour) * 1000;
  const decided = (hour: number) => policy.decide(analyse('ls', { cwd: '/' }), identity, at(hour)).effect;
  t.same([decided(8), decided(9)], ['deny', 'allow']);
  await t.rejects(readPolicy(join(dir, 'bad')), {
    code: 'POLICY_INVALID',
    message: /:4:\d+: .*there is no usr/,
  });
});

t.test('input is recorded where a policy says so', async (t) => {
  const dir = t.testdir({
    yes: text('allow').replace('}}', '}, recording: {input: true}}'),
    no: text('allow'),
  });
  t.equal((await readPolicy(join(dir, 'yes'))).recordsInput(identity), true);
  t.equal((await readPolicy(join(dir, 'no'))).recordsInput(identity), false);
});
