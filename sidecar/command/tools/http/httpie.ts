/** HTTPie and xh: `http [METHOD] URL [item…]`. https://httpie.io/docs/cli/command-line-reference */
import type { Word } from '../../words/fields.ts';
import { known, readArguments, type Syntax } from '../arguments.ts';
import type { ToolCall, ToolUse } from '../tool.ts';
import { anySet, asks, hasImpersonation, urlsIn, used } from './client.ts';

const SYNTAX: Syntax = {
  values: new Set(
    (
      'auth auth-type boundary cert cert-key cert-key-pass ciphers compress default-scheme format-options ' +
      'history-print max-headers max-redirects output pretty print proxy raw response-charset response-mime session ' +
      'session-read-only ssl style timeout verify bearer http-version resolve interface'
    ).split(' '),
  ),
  short: {
    A: 'auth-type',
    P: 'history-print',
    a: 'auth',
    o: 'output',
    p: 'print',
    s: 'style',
    f: 'form',
    j: 'json',
  },
};

/** An item that makes a body of its own: `name=value`, `name:=json`, `name@file`; `name==value` and `Name:value` do not. */
const DATA = /^[^=:@]+(=(?!=)|:=|@|=@|:=@)/;

export function httpieUse({ words, stdin }: ToolCall): ToolUse {
  const args = readArguments(words.slice(1), SYNTAX);
  if (anySet(args, ['help', 'version'])) return {};
  const operands = [...args.operands, ...(args.rest ?? [])];
  const first = operands[0];
  const method = first === undefined ? '' : (first.value ?? '');
  const isMethod = /^[a-zA-Z]+$/.test(method) && operands.length > 1;
  const url = operands[isMethod ? 1 : 0];
  if (url === undefined) return {};
  const items = operands.slice(isMethod ? 2 : 1);
  const sends =
    items.some((item) => DATA.test(known(item) ?? 'computed=')) || args.options.has('raw') || stdin !== null;
  const said = isMethod ? method.toUpperCase() : sends ? 'POST' : 'GET';
  const impersonates = hasImpersonation(items);
  return used([asks({ method: args.open ? null : said, urls: urlsIn(local(url), false), impersonates })]);
}

/** `:8080/x` is for this machine. */
function local(word: Word): Word {
  if (word.value === null || !/^:(\d|\/|$)/.test(word.value)) return word;
  const value = `localhost${word.value.replace(/^:(?=\/|$)/, '')}`;
  return { ...word, value };
}
