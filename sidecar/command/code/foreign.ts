/** Interpreters of other languages: where their code comes from. Sources: their manual pages. */
import { byName } from '../grammar/by-name.ts';
import type { Word } from '../words/fields.ts';
import { isStdin } from './shells.ts';

interface Interpreter {
  name: RegExp;
  /** The rest of this word, or the next one where nothing is left of it, is the code. */
  code: RegExp;
  /** No code is read at all, or the operand is no code. */
  inert: RegExp;
  /** The next word belongs to this option. */
  withArgument: RegExp;
}

const INTERPRETERS: readonly Interpreter[] = [
  {
    name: /^(python|pypy|ipython)[\d.]*$/,
    code: /^-[bBdEiIOPqsSuvx]*c/,
    inert: /^-[A-Za-z]*[hmV]|^--(help|version)/,
    withArgument: /^(-[WXQ]|--check-hash-based-pycs)$/,
  },
  {
    name: /^perl[\d.]*$/,
    code: /^-(?:[acfnpsStTuUWwX]|d(?!:)|l[0-7]*|0[xX0-9a-fA-F]*|i[^eE]*|F[^eE]*)*[eE]/,
    inert: /^-[hvV]/,
    withArgument: /^-[IMm]$/,
  },
  {
    name: /^j?ruby[\d.]*$/,
    code: /^-[acFlnpsSwW0]*e/,
    inert: /^-[hv]|^--(help|version)/,
    withArgument: /^-[IrCEF]$/,
  },
  {
    name: /^(node|nodejs|bun|tsx|ts-node)$/,
    code: /^(-[ep]|-pe|--eval=?|--print=?)/,
    inert: /^-[hv]|^--(help|version|test|run|check)/,
    withArgument:
      /^(-r|--require|--import|--loader|--experimental-loader|-C|--conditions|--input-type|--env-file|--title|--icu-data-dir|--inspect-port|--preload|--tsconfig|--stack-trace-limit|--unhandled-rejections|--diagnostic-dir|--redirect-warnings)$/,
  },
  {
    name: /^php[\d.]*$/,
    code: /^(-[rBRE]|--(run|process-begin|process-code|process-end)=?)/,
    inert: /^-[fimvhS]|^--(file|version|help)/,
    withArgument: /^-[dctz]$/,
  },
  {
    name: /^(tclsh|wish|guile|julia|Rscript|scala|groovy|elixir|ghc|runghc|swipl|clojure|clj|racket|sbcl|raku|osascript)[\d.]*$/,
    code: /^(-e|--eval=?|-E$)/,
    inert: /^-[hv]|^--(help|version)/,
    withArgument: /^-[lL]$/,
  },
  { name: /^lua(jit)?[\d.]*$/, code: /^-e/, inert: /^-v/, withArgument: /^-l$/ },
];

export type InterpreterCode =
  | { from: 'stdin' }
  /** `inline`: the code itself; otherwise a file. */
  | { from: 'word'; word: Word; inline: boolean }
  /** What stands behind a descriptor is not known. */
  | { from: 'descriptor'; word: Word }
  | { from: 'elsewhere' };

const interpreterNamed = byName((program) => INTERPRETERS.find(({ name }) => name.test(program)));

/** Options of other programs whose argument is code. */
const EVALUATES: Readonly<Record<string, RegExp>> = {
  mongosh: /^--eval=?/,
  mongo: /^--eval=?/,
  emacsclient: /^(-e$|--eval=?)/,
  rake: /^(-[eEpn]$|--execute(-print|-continue)?=?)/,
  'nix-build': /^(-E$|--expr=?)/,
  'nix-instantiate': /^(-E$|--expr=?)/,
  jshell: /^-R/,
  bunx: /^-e$/,
};

/** Any other descriptor than that of a substitution, whose commands are known. */
function isDescriptor({ value, sources }: Word): boolean {
  return sources.length === 0 && /^\/(dev|proc\/self)\/fd\/\d+$/.test(value ?? '');
}

function optionOf(words: readonly Word[], option: RegExp): Word | undefined {
  for (const [place, word] of words.entries()) {
    const found = place > 0 ? option.exec(word.value ?? '')?.[0] : undefined;
    if (found === undefined) continue;
    return found.endsWith('=') ? { ...word, value: word.value!.slice(found.length) } : words[place + 1];
  }
  return undefined;
}

/** Where an interpreter that is no shell takes its code from; null for other programs. */
export function interpreterCode(program: string, words: readonly Word[]): InterpreterCode | null {
  if (program === 'deno') {
    const evaluates = words.some(({ value }) => /^(eval|--eval(=.*)?)$/.test(value ?? ''));
    return evaluates && words[2] ? { from: 'word', word: words.at(-1)!, inline: true } : null;
  }
  const evaluated = program in EVALUATES ? optionOf(words, EVALUATES[program]!) : undefined;
  if (evaluated !== undefined) return { from: 'word', word: evaluated, inline: true };
  const grammar = interpreterNamed(program);
  if (grammar === undefined) return null;
  for (let at = 1; at < words.length; at++) {
    const word = words[at]!;
    if (word.value === '-' || isStdin(word)) return { from: 'stdin' };
    if (isDescriptor(word)) return { from: 'descriptor', word };
    // Of bun the command that may stand before its options.
    if (program === 'bun' && at === 1 && word.value === 'run') continue;
    if (word.value === null || !word.value.startsWith('-')) return { from: 'word', word, inline: false };
    const option = grammar.code.exec(word.value)?.[0];
    if (option !== undefined) {
      const rest = word.value.slice(option.length);
      const code = rest === '' ? words[at + 1] : { ...word, value: rest };
      return code === undefined ? { from: 'elsewhere' } : { from: 'word', word: code, inline: true };
    }
    // A module of python that runs what it is given.
    if (
      /^-m(timeit|pdb|code)?$/.test(word.value) &&
      (word.value === '-mtimeit' || /^(timeit|pdb|code|IPython)$/.test(words[at + 1]?.value ?? word.value))
    )
      return { from: 'word', word: words.at(-1)!, inline: true };
    if (grammar.inert.test(word.value)) return { from: 'elsewhere' };
    if (grammar.withArgument.test(word.value)) at++;
  }
  return { from: 'stdin' };
}

/** Of Python what only shows a part of the JSON that it reads: agents do this all day. */
const PLAIN =
  /^import (sys|json)(, ?(sys|json))*(;|\n) ?print\((json\.dumps\()?json\.load\(sys\.stdin\)(\[("[\w-]*"|'[\w-]*'|-?\d+)\])*(, ?\w+=\w+)*\){1,2}$/;

/** Whether it is known that the code does nothing but print. */
export function isHarmless(code: string | null): boolean {
  return code !== null && PLAIN.test(code.trim());
}
