/**
 * Reads tap's output on stdin: a line for each test file, the details of each failure, and at the end
 * `N passed, N failed, N skipped`, counted in assertions. Exits 1 where anything failed or nothing ran.
 */
import { Parser, type Result } from 'tap-parser';

const count = { passed: 0, failed: 0, skipped: 0 };
const failures: { file: string; path: string[]; result: Result }[] = [];

/** Follows a file's subtests down to the assertions. */
function watch(parser: Parser, file: string, path: string[]): void {
  let children = new Set<string>();
  parser.on('child', (child: Parser) => {
    children.add(child.name);
    watch(child, file, [...path, child.name]);
  });
  parser.on('assert', (result: Result) => {
    // The line that closes a subtest repeats what its assertions said, unless it failed on its own.
    const closes = children.has(result.name) || children.size > 0;
    children = new Set();
    tally(result, closes, file, path);
  });
}

function tally(result: Result, closes: boolean, file: string, path: string[]): void {
  if (result.skip || result.todo) {
    count.skipped++;
    process.stdout.write(
      `  skipped: ${[...path, result.name].join(' › ')} (${result.skip || result.todo})\n`,
    );
  } else if (!result.ok) {
    // A subtest fails because something in it did: only a failure that has no such inside is new.
    if (closes && failures.some((failure) => failure.file === file)) return;
    count.failed++;
    failures.push({ file, path, result });
  } else if (!closes) {
    count.passed++;
  }
}

function describe({ file, path, result }: (typeof failures)[number]): string {
  const diag = JSON.stringify(result.diag ?? {}, null, 2)
    .split('\n')
    .map((line) => line.replaceAll('\\n', '\n      '));
  return `\n✗ ${file} › ${[...path, result.name].join(' › ')}\n    ${diag.join('\n    ')}\n`;
}

const root = new Parser();
root.on('child', (child: Parser) => watch(child, child.name, []));
root.on('assert', (result: Result) => {
  const seconds = ((result.time ?? 0) / 1000).toFixed(1);
  process.stdout.write(`${result.ok ? '✓' : '✗'} ${result.name} ${seconds}s\n`);
  // A file that died outside of any test has a failure of its own.
  if (!result.ok && !failures.some((failure) => failure.file === result.name)) {
    count.failed++;
    failures.push({ file: result.name, path: [], result });
  }
});
root.on('complete', () => {
  for (const failure of failures) process.stdout.write(describe(failure));
  process.stdout.write(`\n${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped\n`);
  process.exitCode = count.failed > 0 || count.passed === 0 ? 1 : 0;
});
process.stdin.pipe(root);
