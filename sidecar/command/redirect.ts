/** Redirections: what they touch, and what the command reads because of them. */
import type { HereDoc, Redirect, Redirection as RedirectionNode, SyntaxNode } from 'unbash';
import type { Redirection, Touch } from '../action.ts';
import type { Word } from './fields.ts';
import type { Input, Range, Scope } from './scope.ts';
import { touch } from './touches.ts';
import { decodeOne, knownValue } from './word.ts';

export interface Redirected {
  redirections: Redirection[];
  touches: Touch[];
  /** What standard input becomes; null where it stays. */
  input: Input | null;
}

type Visit = (node: SyntaxNode) => Range;

export function redirect(nodes: readonly RedirectionNode[], scope: Scope, visit: Visit): Redirected {
  const done: Redirected = { redirections: [], touches: [], input: null };
  for (const node of nodes) {
    const fd = node.descriptor?.type === 'FileDescriptor' ? node.descriptor.value : null;
    const toInput = node.descriptor === undefined || fd === 0;
    if (node.type === 'HereDoc') {
      const text = hereText(node, scope, visit);
      done.redirections.push({ operator: node.operator, fd, target: null });
      if (toInput) done.input = { kind: 'here', text };
      continue;
    }
    const word = node.target === undefined ? null : decodeOne(node.target, scope, { visit });
    done.redirections.push({ operator: node.operator, fd, target: word?.value ?? null });
    if (word === null) continue;
    if (node.type === 'HereString') {
      if (toInput) done.input = { kind: 'here', text: word.value };
    } else {
      done.touches.push(...touched(node, word, scope));
      if (toInput && node.operator.startsWith('<')) done.input = readFrom(word);
    }
  }
  return done;
}

function touched(node: Redirect, word: Word, scope: Scope): Touch[] {
  const duplicates = node.operator === '<&' || node.operator === '>&';
  // `>&2` and `<&-` name a descriptor; `>&file` is a file.
  if (duplicates && (node.operator === '<&' || word.value === null || /^\d*-?$/.test(word.value))) return [];
  if (node.operator === '<') return [touch('reads', word, scope)];
  return [touch('writes', word, scope)];
}

function readFrom(word: Word): Input {
  const inside = word.inner[1] > word.inner[0];
  return inside ? { kind: 'pipe', from: [word.inner], text: null } : { kind: 'file' };
}

/** The text of a here-document where nothing in it is unknown. */
function hereText(node: HereDoc, scope: Scope, visit: Visit): string | null {
  const parts = node.body.parts;
  if (parts === undefined) return node.body.text;
  visit(node.body);
  let text: string | null = '';
  for (const part of parts) {
    const value: string | null =
      part.type === 'Literal'
        ? part.value
        : part.type === 'SimpleExpansion' || part.type === 'ParameterExpansion'
          ? knownValue(part, scope)
          : null;
    text = text === null || value === null ? null : text + value;
  }
  return text;
}
