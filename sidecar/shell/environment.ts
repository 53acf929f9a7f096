/** Which variables of an environment a line may depend on: those that it names, and those that decide what its names mean. */

import type { Whereabouts } from '../session/session-log.ts';
import type { Known } from './frame.ts';

const DECISIVE = ['PATH', 'CDPATH', 'KUBECONFIG'];
/** What a longer line names beyond is not known. */
const MOST = 32;
const NAMED = /\$\{?([A-Za-z_][A-Za-z0-9_]*)/g;
const MAX_VALUE = 8192;

export function environmentOf(line: string, env: Readonly<Record<string, string>>): Record<string, string> {
  const names = new Set(DECISIVE);
  for (const [, name] of line.matchAll(NAMED)) {
    if (names.size >= MOST) break;
    names.add(name!);
  }
  const known: Record<string, string> = {};
  for (const name of names) {
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    if (value !== undefined && value.length <= MAX_VALUE) known[name] = value;
  }
  return known;
}

/** What a shell says of itself, beside what it was started with and does not say again. */
export function toldBy(
  { variables, environment, functions }: Known,
  env: Readonly<Record<string, string>>,
): Pick<Whereabouts, 'variables' | 'environment' | 'functions'> {
  const usual = environmentOf('', env);
  return {
    variables,
    environment: { ...usual, ...environment },
    ...(functions !== '' && { functions }),
  };
}
