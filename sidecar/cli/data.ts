/** Where the evidence lives. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { Option } from 'commander';

/** `--data DIR`, on every verb that reads or writes evidence. */
export function dataOption(): Option {
  return new Option('--data <dir>', 'where the evidence lives')
    .env('CHAPERONE_DATA')
    .default(undefined, defaultData());
}

/** The directory to use: what was asked for, or the default. */
export function dataDirectory(asked: string | undefined): string {
  return resolve(asked === undefined || asked === '' ? defaultData() : asked);
}

/** https://specifications.freedesktop.org/basedir-spec/latest/: a relative XDG path is to be ignored. */
function defaultData(): string {
  const state = process.env.XDG_STATE_HOME;
  const base = state?.startsWith('/') ? state : join(homedir(), '.local/state');
  return join(base, 'chaperone');
}
