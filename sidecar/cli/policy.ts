import type { Command } from 'commander';
import { check } from './policy/check.ts';
import { diff } from './policy/diff.ts';
import { explain } from './policy/explain.ts';
import { schema } from './policy/schema.ts';
import { suggest } from './policy/suggest.ts';
import { test } from './policy/test.ts';

const VERBS = [check, explain, test, diff, suggest, schema];

/** `chaperone policy`: work on policy files. */
export function policy(root: Command): void {
  const group = root.command('policy').description('check policies, and ask them');
  for (const verb of VERBS) verb(group);
}
