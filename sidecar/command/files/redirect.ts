/** Redirections: what they touch, and what the command reads because of them. */
import type { HereDoc, Redirect, Redirection as RedirectionNode } from 'unbash';
import type { Redirection, Touch } from '../../action.ts';
import type { Input, Range, Scope } from '../scope.ts';
import type { Word } from '../words/fields.ts';
import { parameter } from '../words/parameter.ts';
import { decodeOne, type Nested } from '../words/word.ts';
import { everywhere, touch } from './touch.ts';

export interface Redirected {
  redirections: Redirection[];
  touches: Touch[];
  /** What standard input becomes; null where it stays. */
  input: Input | null;
}

export function redirect(nodes: readonly RedirectionNode[], scope: Scope, nested: Nested): Redirected {
  const done: Redirected = { redirections: [], touches: [], input: null };
  for (const node of nodes) {
    const fd = node.descriptor?.type === 'FileDescriptor' ? node.descriptor.value : null;
    const toInput = node.descriptor === undefined || fd === 0;
    if (node.type === 'HereDoc') {
      const input = here(node, scope, nested);
      done.redirections.push({ operator: node.operator, fd, target: null });
      if (toInput) done.input = input;
      continue;
    }
    const word = node.target === undefined ? null : decodeOne(node.target, scope, nested);
    done.redirections.push({ operator: node.operator, fd, target: word?.value ?? null });
    if (word === null) continue;
    if (node.type === 'HereString') {
      if (toInput) done.input = { kind: 'here', from: word.sources, text: word.value };
    } else {
      done.touches.push(...everywhere(scope, (place) => touched(node, word, place)));
      if (toInput && node.operator.startsWith('<')) done.input = readFrom(word);
    }
  }
  return done;
}

/** `<&-word`: `<&-` ends there for a shell, the parser takes the word for its target. */
export function isTorn(nodes: readonly RedirectionNode[]): boolean {
  return nodes.some(
    (node) =>
      node.type === 'Redirect' && /^[<>]&$/.test(node.operator) && /^-./s.test(node.target?.text ?? ''),
  );
}

function touched(node: Redirect, word: Word, scope: Scope): Touch[] {
  const duplicates = node.operator === '<&' || node.operator === '>&';
  // `>&2` and `<&-` name a descriptor; `>&file` is a file.
  if (duplicates && (node.operator === '<&' || word.value === null || /^\d*-?$/.test(word.value))) return [];
  if (node.operator === '<') return [touch('reads', word, scope)];
  return [touch('writes', word, scope)];
}

function readFrom(word: Word): Input {
  return word.sources.length > 0 ? { kind: 'pipe', from: word.sources, text: null } : { kind: 'file' };
}

/** A here-document: its text where nothing in it is unknown, and whose output is in it. */
function here(node: HereDoc, scope: Scope, nested: Nested): Input {
  const parts = node.body.parts;
  if (parts === undefined) return { kind: 'here', from: [], text: node.body.text };
  const from: Range[] = [nested.visit(node.body)];
  let text: string | null = '';
  for (const part of parts) {
    let value: string | null = null;
    if (part.type === 'Literal') value = part.value;
    else if (part.type === 'SimpleExpansion' || part.type === 'ParameterExpansion') {
      const binding = parameter(part, scope);
      value = binding.value;
      from.push(...binding.sources);
    }
    text = text === null || value === null ? null : text + value;
  }
  return { kind: 'here', from, text };
}
