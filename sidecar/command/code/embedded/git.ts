/** Settings of git that hold a command. */
import { permuted } from '../../grammar/options.ts';
import { literalWord, type Word } from '../../words/fields.ts';
import { quoteShell } from '../../words/quote.ts';
import { type Place, readCode, run } from './place.ts';

/** Settings of git whose value is a command; an alias is one where it starts with `!`. */
const GIT_RUNS =
  /^(core\.(pager|editor|sshcommand|askpass|fsmonitor|gitproxy|alternaterefscommand)|sequence\.editor|pager\..+|diff\.external|diff\..+\.(command|textconv)|(merge|filter|gpg|credential|difftool|mergetool|man|browser|remote|uploadpack|sendemail|trailer|interactive|tar)\..*(driver|smtpserver|clean|smudge|process|program|helper|cmd|command|path|packobjectshook|smtpserver|difffilter|uploadpack|receivepack|vcs))$/i;
const GIT_LOADS =
  /^(core\.hookspath|include\.path|includeif\..+|init\.templatedir|protocol\..*allow|url\..+insteadof|core\.worktree)$/i;

export function settings(words: readonly Word[], at: Place): void {
  for (const [place, { value }] of words.entries()) {
    if (value === '-c' || value === '--config') readCode(at, words[place + 1], gitSetting);
    else if (/^--config=/.test(value ?? ''))
      readCode(at, { ...words[place]!, value: value!.slice(9) }, gitSetting);
    // Hooks stand in it.
    else if (
      /^--template(=.|$)/.test(value ?? '') &&
      words.some((one) => /^(clone|init)$/.test(one.value ?? ''))
    )
      run(at, null, value!);
    else if (/^-c.+=/.test(value ?? ''))
      readCode(at, { ...words[place]!, value: value!.slice(2) }, gitSetting);
    else if (value === 'config') {
      const [name, ...rest] = configured(words.slice(place + 1));
      if (name?.value != null && rest[0] !== undefined)
        readCode(
          at,
          { ...rest[0], value: rest[0].value === null ? null : `${name.value}=${rest[0].value}` },
          gitSetting,
        );
    } else if (value !== null && /^(--exec-path=|--config-env)/.test(value)) run(at, null, value);
    // The transport `ext::` is a command.
    else if (value?.startsWith('ext::')) run(at, transport(value.slice(5)), value);
  }
}

/** The operands of `git config`. */
function configured(words: readonly Word[]): readonly Word[] {
  const options = { short: 'ft', long: ['file', 'type', 'blob', 'default', 'comment', 'value'] };
  const [program, ...rest] = permuted([literalWord('config'), ...words], options);
  const operands = rest.slice(rest.findIndex(({ value }) => value === '--') + 1);
  return program && operands[0]?.value === 'set' ? operands.slice(1) : operands;
}

function gitSetting(setting: string): (string | null)[] {
  const equals = setting.indexOf('=');
  const name = equals < 0 ? setting : setting.slice(0, equals);
  const value = equals < 0 ? '' : setting.slice(equals + 1);
  if (/^alias\./i.test(name)) return [value.startsWith('!') ? value.slice(1) : `git ${value}`];
  if (GIT_LOADS.test(name)) return [null];
  if (!GIT_RUNS.test(name) || /^(true|false|\d+|)$/.test(value)) return [];
  // A helper without a path is a program of git's own, by another name.
  if (/helper$/i.test(name))
    return value.startsWith('!') ? [value.slice(1)] : value.startsWith('/') ? [value] : [];
  return [value];
}

/** `ext::program argument% with% blanks %S`: https://git-scm.com/docs/git-remote-ext */
function transport(text: string): string {
  const words = text
    .split(/(?<!%) +/)
    .map((word) => word.replace(/%(.)/g, (_, sign: string) => (/[ %]/.test(sign) ? sign : 'x')));
  return words.map((word) => quoteShell(word)).join(' ');
}
