/** ssh and what goes through it: `user@host:path`. https://man.openbsd.org/ssh, https://man.openbsd.org/scp */
import type { Word } from '../../words/fields.ts';
import { type Arguments, readArguments, type Syntax } from '../arguments.ts';
import { headOf, hostIn, urlHosts } from '../host.ts';
import type { Known } from '../known.ts';
import type { Tool, ToolUse } from '../tool.ts';

const letters = (text: string) => new Set(text);

const SSH: Syntax = { values: letters('BbcDEeFIiJLlMmOoPpQRSWw'), short: {}, leading: true };
const SCP: Syntax = { values: letters('cDFiJloPSX'), short: {} };
const SFTP: Syntax = { values: letters('BbcDFiJloPRSsX'), short: {} };
const RSYNC: Syntax = {
  values: new Set(
    (
      'rsh rsync-path exclude include filter exclude-from include-from files-from max-size min-size bwlimit port timeout ' +
      'contimeout partial-dir temp-dir compare-dest copy-dest link-dest backup-dir suffix chmod chown usermap groupmap ' +
      'log-file log-file-format out-format password-file info debug block-size compress-level skip-compress modify-window ' +
      'address sockopts outbuf iconv checksum-seed stop-after stop-at early-input max-delete remote-option'
    ).split(' '),
  ),
  short: { B: 'block-size', M: 'remote-option', T: 'temp-dir', e: 'rsh', f: 'filter' },
};

/** Ports that are opened here or there for others. */
const TUNNELS = ['L', 'R', 'D', 'w'];

export const ssh: Tool = ({ words }): ToolUse => {
  const args = readArguments(words.slice(1), SSH);
  const [target, ...rest] = args.operands;
  // Options may follow the host, up to the command.
  const more = readArguments(rest, SSH);
  const all = [args, more];
  const hosts = [...(target === undefined ? [] : [sshHost(target)]), ...all.flatMap(between)];
  const opens = all.some(({ options }) => TUNNELS.some((letter) => options.has(letter)));
  return { hosts, capabilities: opens ? ['network-listen'] : [] };
};

/** `host`, `user@host`, `ssh://user@host:port`. */
function sshHost(word: Word): Known {
  const { text, whole } = headOf(word);
  if (text.includes('://')) return urlHosts(word)[0] ?? null;
  return whole ? hostIn(text) : null;
}

/** Hosts that it goes by: -J, ProxyJump, HostName and -W. */
function between({ options }: Arguments): Known[] {
  const said = (letter: string) => (options.get(letter) ?? []).map(({ value }) => value);
  const named = said('o').flatMap((text) => {
    if (text === null) return [null];
    const found = /^\s*(proxyjump|hostname)\s*[=\s]\s*(.+)$/i.exec(text);
    return found === null ? [] : found[2]!.split(',');
  });
  const jumps = said('J').flatMap((text) => text?.split(',') ?? [null]);
  return [...jumps, ...named, ...said('W')]
    .filter((text) => text !== 'none')
    .map((text) => (text === null ? null : hostIn(text.replace(/^ssh:\/\//, ''))));
}

export const scp = copier(SCP);
export const rsync = copier(RSYNC);

function copier(syntax: Syntax): Tool {
  return ({ words }): ToolUse => {
    const args = readArguments(words.slice(1), syntax);
    const places = [...args.operands, ...(args.rest ?? [])];
    return { hosts: [...places.flatMap(placeHosts), ...(syntax === RSYNC ? [] : between(args))] };
  };
}

export const sftp: Tool = ({ words }): ToolUse => {
  const args = readArguments(words.slice(1), SFTP);
  const [target] = args.operands;
  if (target === undefined) return {};
  const hosts = placeHosts(target);
  return { hosts: [...(hosts.length > 0 ? hosts : [sshHost(target)]), ...between(args)] };
};

/** `host:path`, `host::module` or a URL; none for a path here: a colon behind a slash is part of a name. */
export function placeHosts(word: Word): Known[] {
  const { text, whole } = headOf(word);
  if (/^[a-z+]+:\/\//i.test(text)) return urlHosts(word);
  const found = /^((?:[^@/:]*@)?(?:\[[^\]]*\]|[^/:[]+)):/.exec(text);
  if (found !== null) return [hostIn(found[1]!)];
  // What follows may be `host:`.
  return whole || text.includes('/') ? [] : [null];
}
