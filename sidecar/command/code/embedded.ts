/** Commands in programs of another language: what awk, sed, an editor, a database's client or a setting runs. */
import type { Found } from '../found.ts';
import { byName } from '../grammar/by-name.ts';
import type { Scope } from '../scope.ts';
import type { Word } from '../words/fields.ts';
import { make, packages } from './embedded/build.ts';
import { batch, connected, proxies } from './embedded/connections.ts';
import { client } from './embedded/database.ts';
import { image } from './embedded/dockerfile.ts';
import { escapes, tested } from './embedded/escapes.ts';
import { settings } from './embedded/git.ts';
import type { Place } from './embedded/place.ts';
import { awk, editor, sed } from './embedded/scripted.ts';

/** Follows what is given in the words, or as text on standard input. */
export function followEmbedded(found: Found, program: string, words: readonly Word[], scope: Scope): void {
  const languages = languagesNamed(program);
  if (languages.length === 0) return;
  const inside = { ...scope, via: [...scope.via, program], depth: scope.depth + 1 };
  for (const language of languages) language.follow(words, { found, program, scope: inside });
}

interface Language {
  name: RegExp;
  follow(words: readonly Word[], at: Place): void;
}

const LANGUAGES: readonly Language[] = [
  { name: /^([gmn]|original-)?awk$/, follow: awk },
  { name: /^g?sed$/, follow: sed },
  { name: /^(g|n)?(vi|vim|view|vimdiff|ex|rvim|rview|vim\.\w+)$/, follow: editor },
  { name: /^(psql|mysql|mariadb|sqlite3?|duckdb)$/, follow: client },
  { name: /^git$/, follow: settings },
  { name: /^(g|b|p|re)?make$/, follow: make },
  { name: /^(ssh|scp|sftp|autossh|rsync)$/, follow: proxies },
  { name: /^sftp$/, follow: batch },
  { name: /^(docker|podman|nerdctl|buildah)$/, follow: image },
  { name: /^zip$/, follow: tested },
  { name: /^(nc|ncat|netcat|socat|nc\.\w+)$/, follow: connected },
  { name: /^(apt|apt-get|aptitude|dpkg|yum|dnf)$/, follow: packages },
  {
    name: /^(ed|red|gdb|lldb|expect|emacs|less|more|man|ftp|lftp|telnet|node-gyp|bc|dc|m4|nano)$/,
    follow: escapes,
  },
];

const languagesNamed = byName((program) => LANGUAGES.filter(({ name }) => name.test(program)));
