/** wget: its command line → the requests that it sends. https://www.gnu.org/software/wget/manual/ */
import type { Word } from '../../words/fields.ts';
import { type Arguments, option, readArguments, type Syntax } from '../arguments.ts';
import type { ToolCall, ToolUse } from '../tool.ts';
import { anySet, asks, hasImpersonation, urlsIn, used } from './client.ts';

const SYNTAX: Syntax = {
  values: new Set(
    (
      'accept accept-regex append-output backups base bind-address body-data body-file ca-certificate ca-directory ' +
      'certificate certificate-type ciphers compression config connect-timeout crl-file cut-dirs default-page ' +
      'directory-prefix dns-timeout domains exclude-directories exclude-domains execute follow-tags ftp-password ' +
      'ftp-user header http-password http-user ignore-tags include-directories input-file level limit-rate ' +
      'load-cookies local-encoding max-redirect method output-document output-file password pinnedpubkey post-data ' +
      'post-file prefer-family private-key private-key-type progress proxy-password proxy-user quota read-timeout ' +
      'referer regex-type reject reject-regex remote-encoding report-speed restrict-file-names retry-on-http-error ' +
      'save-cookies secure-protocol start-pos timeout tries use-askpass user user-agent wait waitretry warc-file'
    ).split(' '),
  ),
  short: {
    ...{
      A: 'accept',
      B: 'base',
      D: 'domains',
      I: 'include-directories',
      O: 'output-document',
      P: 'directory-prefix',
    },
    ...{
      Q: 'quota',
      R: 'reject',
      T: 'timeout',
      U: 'user-agent',
      V: 'version',
      X: 'exclude-directories',
      h: 'help',
    },
    ...{
      a: 'append-output',
      e: 'execute',
      i: 'input-file',
      l: 'level',
      o: 'output-file',
      t: 'tries',
      w: 'wait',
    },
  },
  shortened: true,
};

/** Its command line by its own grammar. */
export function wgetArguments(words: readonly Word[]): Arguments {
  return readArguments(words.slice(1), SYNTAX);
}

export function wgetUse({ words }: ToolCall): ToolUse {
  const args = wgetArguments(words);
  if (anySet(args, ['help', 'version'])) return {};
  const urls = [...args.operands, ...(args.rest ?? [])].flatMap((word) => urlsIn(word, false));
  if (args.options.has('input-file') || args.open)
    urls.push({ scheme: '', host: null, port: '', target: '', inCluster: false });
  const posts = args.options.has('post-data') || args.options.has('post-file');
  const said = option(args, 'method');
  const method = said === undefined ? (posts ? 'POST' : 'GET') : (said?.toUpperCase() ?? null);
  return used([
    asks({
      method: args.open ? null : method,
      urls,
      impersonates: hasImpersonation(args.options.get('header') ?? []),
    }),
  ]);
}
