/** Recipes of make, and hooks of package managers, given in their words. */
import type { Word } from '../../words/fields.ts';
import { isInput, type Place, readAll, run } from './place.ts';

/** Another shell for its recipes, a recipe in an argument, or one that is read from the input. */
export function make(words: readonly Word[], at: Place): void {
  const { values } = readAll(words, {
    short: 'CfIjloWE',
    long: ['directory', 'file', 'makefile', 'eval', 'include-dir'],
  });
  for (const word of [...(values.get('--eval') ?? []), ...(values.get('-E') ?? [])]) run(at, null, word.text);
  for (const { value, text } of words) {
    const [, name] = /^(SHELL|\.SHELLFLAGS|MAKEFLAGS|MAKE)\s*:?=/.exec(value ?? '') ?? [];
    if (name !== undefined) run(at, null, text);
    // A value with a call of make's own in it is run.
    else if (value !== null && /^[\w.]+\s*[:+?!]?=/.test(value) && /\$[({]\s*shell|!=|`|\$\(/.test(value))
      run(at, null, text);
  }
  for (const name of ['-f', '--file', '--makefile']) {
    for (const word of values.get(name) ?? []) {
      if (word.sources.length > 0)
        at.found.doubt('unreadable-script', 'make runs what a command prints', word.text);
      if (!isInput(word)) continue;
      at.found.runsInput(at.scope.input, at.program);
      at.found.doubt('code-on-stdin', 'make runs what it reads', word.text);
    }
  }
}

/** Hooks of package managers, given as settings. */
export function packages(words: readonly Word[], at: Place): void {
  for (const { value, text } of words) {
    const [, command] =
      /(?:Pre-Invoke|Post-Invoke|Post-Invoke-Success|Pre-Install-Pkgs|NotifyScript|--(?:pre|post)-invoke|--status-logger)[^=]*=(.*)$/is.exec(
        value ?? '',
      ) ?? [];
    if (command !== undefined) run(at, command.replace(/^["']|["'];?$/g, ''), text);
  }
}
