/** Programs that a connection is made through, or that stand at its other end. */
import { readOptions } from '../../grammar/options.ts';
import type { Word } from '../../words/fields.ts';
import { type Place, readAll, readCode, run } from './place.ts';

/** Options of ssh that name a command; scp and sftp take them as well. */
export function proxies(words: readonly Word[], at: Place): void {
  for (const [place, { value }] of words.entries()) {
    const option =
      value === '-o'
        ? words[place + 1]
        : value?.startsWith('-o')
          ? { ...words[place]!, value: value.slice(2) }
          : undefined;
    readCode(at, option, (text) => {
      const [, , command] =
        /^\s*(ProxyCommand|LocalCommand|KnownHostsCommand|RemoteCommand)[\s=]+(.*)$/is.exec(text) ?? [];
      if (/^\s*(Include|PKCS11Provider|SecurityKeyProvider)[\s=]/i.test(text)) return [null];
      return command === undefined || command === 'none' ? [] : [command.replaceAll(/%[a-zA-Z]/g, 'x')];
    });
  }
  if (at.program !== 'scp' && at.program !== 'sftp') return;
  const program = readOptions(words, { short: 'cFiJlDoPSBR' }).values.get('-S');
  readCode(at, program, (text) => [text]);
}

/** A program at the other end of a connection. */
export function connected(words: readonly Word[], at: Place): void {
  if (at.program === 'socat') {
    for (const word of words.slice(1))
      readCode(at, word, (text) => {
        const [, command] = /^(?:EXEC|SYSTEM|SHELL):(.*?)(?:,[\w-]+(?:=[^,]*)?)*$/is.exec(text) ?? [];
        return command === undefined ? [] : [command.replace(/^["']|["']$/g, '')];
      });
    return;
  }
  const { values } = readAll(words, { short: 'ecipqwsgGIOTXxmo', long: ['exec', 'sh-exec', 'lua-exec'] });
  for (const name of ['-e', '-c', '--exec', '--sh-exec', '--lua-exec'])
    for (const word of values.get(name) ?? []) readCode(at, word, (text) => [text]);
}

const SFTP = { short: 'BbcDFiJloPRSsX' };
/** What takes or leaves a file of here under a name that leads out of the directory. */
const LEADS_OUT = /^(l?cd|lmkdir|get|mget|reget|put|mput|reput)\b.*(^|\s)(\/|~|\.\.)|^lcd\b/;

/** Commands of sftp, from `-b file` or its input: behind `!` one of a shell. https://man.openbsd.org/sftp.1 */
export function batch(words: readonly Word[], at: Place): void {
  const file = readOptions(words, SFTP).values.get('-b');
  const { input } = at.scope;
  if (file != null && file.value !== '-')
    at.found.doubt('unreadable-script', 'sftp runs commands whose text is not seen here', file.text);
  else if (input.kind !== 'inherited' && input.kind !== 'empty') {
    const text = at.found.textOf(input);
    if (text === null) at.found.doubt('foreign-code', 'sftp runs what it reads', at.program);
    for (const line of text?.split('\n') ?? []) {
      const command = line.replace(/^[\s@-]+/, '');
      if (command.startsWith('!')) run(at, command.slice(1), line);
      else if (LEADS_OUT.test(command)) run(at, null, line);
    }
  }
}
