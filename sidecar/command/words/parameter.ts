/** What a parameter expansion stands for, as far as the script so far says. */
import type { WordPart } from 'unbash';
import { ANYWHERE } from '../../match/path.ts';
import { type Binding, bind, type Scope } from '../scope.ts';

export type Expansion = Extract<WordPart, { type: 'SimpleExpansion' | 'ParameterExpansion' }>;

const UNKNOWN: Binding = { value: null, pattern: ANYWHERE, sources: [] };

/** `$name`, `${name}`, `$1`, `${name:-word}`: its value where that is certain, and what it may hold. */
export function parameter(part: Expansion, scope: Scope): Binding {
  if (part.type === 'SimpleExpansion') return lookup(part.text.slice(1), scope);
  const binding = lookup(part.parameter, scope);
  const changed = { ...UNKNOWN, sources: binding.sources };
  if (part.prefix !== undefined || part.index !== undefined) return changed;
  if (part.operation === undefined) return binding;
  // A value that is known and not empty is what `:-`, `-`, `:?` and `?` give.
  const keeps = part.operation.type === 'Default' && /[-?]$/.test(part.operation.operator);
  return keeps && binding.value ? binding : changed;
}

function lookup(name: string, scope: Scope): Binding {
  if (/^\d+$/.test(name)) {
    if (scope.positional === null) return UNKNOWN;
    const value = scope.positional[Number(name)];
    return value === null ? UNKNOWN : bind(value ?? '');
  }
  if (name === 'PWD' && !scope.variables.has('PWD'))
    return /[*?[\\]/.test(scope.cwd) ? UNKNOWN : bind(scope.cwd);
  return scope.variables.get(name) ?? UNKNOWN;
}
