/** Where the evidence lives. */
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Option } from 'commander';
import { ChaperoneError } from '../../recorder/errors.ts';
import { homeDirectory } from './home.ts';

/** `--data DIR`, on every verb that reads or writes evidence. */
export function dataOption(): Option {
  return new Option(
    '--data <dir>',
    'where the evidence lives (default: $XDG_STATE_HOME/chaperone, or ~/.local/state/chaperone)',
  ).env('CHAPERONE_DATA');
}

/**
 * The directory to use: what was asked for, or the default.
 * @throws ChaperoneError `USAGE` where nothing was asked for and there is no home directory
 */
export function dataDirectory(asked: string | undefined): string {
  return resolve(asked === undefined || asked === '' ? defaultData() : asked);
}

/**
 * Refuses to record where others can put things: a link in the place of a file of ours, a pipe, a key of theirs.
 * A directory that is not there yet is made private; root can do all of that anyway.
 * @throws ChaperoneError `FORBIDDEN`
 */
export async function requirePrivate(data: string): Promise<void> {
  const found = await stat(data).catch(() => null);
  if (found === null || !found.isDirectory()) return;
  if ((found.mode & 0o002) !== 0)
    throw new ChaperoneError(
      'FORBIDDEN',
      `everybody may write to ${data}: chmod 700 it, or give a directory in it as --data`,
    );
  if (found.uid !== 0 && found.uid !== process.getuid?.())
    throw new ChaperoneError(
      'FORBIDDEN',
      `${data} belongs to another user (uid ${found.uid}): record as that user, or give another --data`,
    );
}

/** Where the proxy of the Kubernetes API keeps its credentials, and the kubeconfig that leads to it. */
export function kubeDirectory(data: string): string {
  return join(data, 'kube');
}

/** https://specifications.freedesktop.org/basedir-spec/latest/: a relative XDG path is to be ignored. */
function defaultData(): string {
  const state = process.env.XDG_STATE_HOME;
  if (state?.startsWith('/')) return join(state, 'chaperone');
  const home = homeDirectory();
  if (home !== null) return join(home, '.local/state/chaperone');
  throw new ChaperoneError('USAGE', 'there is no home directory: say where the evidence goes with --data');
}
