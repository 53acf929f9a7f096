/** Tools with an escape to a shell. */
import type { Word } from '../../words/fields.ts';
import { type Place, readCode, run } from './place.ts';

/** `zip -TT command` tries the archive with it. */
export function tested(words: readonly Word[], at: Place): void {
  words.forEach(({ value }, place) => {
    if (value === '-TT') readCode(at, words[place + 1], (text) => [text]);
    else if (value?.startsWith('-TT'))
      readCode(at, { ...words[place]!, value: value.slice(3) }, (text) => [text]);
  });
}

/** Of a debugger what only shows; of ed its silence. */
const SHOWS =
  /^(bt|backtrace|where|info [\w ]+|thread( apply all (bt|backtrace))?( \d+)?|frame( \d+)?|list|quit|q|set (pagination|confirm) \w+)( full)?$/;

function isHarmless(program: string, option: string, argument: string | null | undefined): boolean {
  if (program === 'gdb')
    return /^-(ex|batch)$/.test(option) && (option === '-batch' || SHOWS.test(argument ?? ''));
  return /^r?ed$/.test(program) && option === '-s';
}

/** Tools with an escape to a shell: in a word that has one, and in a text that they read. */
export function escapes(words: readonly Word[], at: Place): void {
  for (const word of words.slice(1)) {
    const { value, text } = word;
    const [, code] = /^(?:\+?\s*!|shell\s+|\.?\s*!)(.*)$/s.exec(value ?? '') ?? [];
    const [, pager] =
      (at.program === 'man' ? /^(?:--pager=|-P|--html=|-H)(.+)$/s : /^--speller=(.+)$/s).exec(value ?? '') ??
      [];
    if (code !== undefined) run(at, code, text);
    else if (pager !== undefined) run(at, pager, text);
    else if (
      /^(--pager=?|-P|-s|--speller|-o|--one-line|-ex|--eval(-command)?=?|-eval|--eval=.*|-e|-c|--load|-l|--init-command.*|-x|--command.*|-batch)$/.test(
        value ?? '',
      ) &&
      at.program !== 'less' &&
      at.program !== 'more'
    ) {
      const next = words[words.indexOf(word) + 1];
      if (isHarmless(at.program, value!, next?.value)) continue;
      const shell = /^\s*(?:shell|platform shell|!)\s*(.*)$/s.exec(next?.value ?? '');
      if (/^(man|nano)$/.test(at.program)) readCode(at, next, (pager) => [pager]);
      else run(at, shell?.[1] ?? null, text);
    }
  }
  const { input } = at.scope;
  if (
    input.kind === 'inherited' ||
    input.kind === 'empty' ||
    !/^(ed|red|gdb|lldb|expect|ftp|lftp|bc|dc|m4)$/.test(at.program)
  )
    return;
  const text = at.found.textOf(input);
  if (text === null) at.found.doubt('foreign-code', `${at.program} runs what it reads`, at.program);
  else
    for (const line of text.split('\n')) {
      const [, code] = /^\s*[\d%$,.]*(?:[rwe]\s*)?(?:!|shell\s|syscmd\(|esyscmd\()(.*?)\)?$/.exec(line) ?? [];
      if (code !== undefined) run(at, code, line);
      else if (at.program === 'expect') run(at, null, line);
    }
}
