/**
 * Tests that need a program which may be missing say so here: skipped with the reason on a developer's
 * machine, failed under CI=true, where everything must be there.
 */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

interface Assertions {
  pass(message: string, extra: { skip: string }): unknown;
  fail(message: string): unknown;
}

/** The absolute path of `program` on PATH, or null. */
export function which(program: string): string | null {
  for (const directory of (process.env.PATH ?? '').split(delimiter)) {
    const candidate = join(directory, program);
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // not in this directory
    }
  }
  return null;
}

/** True if one of these programs is there; otherwise the test is skipped, or failed under CI=true. */
export function needs(t: Assertions, ...programs: readonly string[]): boolean {
  if (programs.some((program) => which(program) !== null)) return true;
  const message = `${programs.join(' or ')} is not installed`;
  if (process.env.CI === 'true') t.fail(message);
  else t.pass(message, { skip: message });
  return false;
}
