/** What a command is able to do, told from its program. */
import type { Capability } from '../action.ts';
import type { Word } from './fields.ts';

const PROGRAMS: ReadonlyMap<string, readonly Capability[]> = new Map<string, readonly Capability[]>([
  ...list('privilege', ['sudo', 'doas', 'su', 'pkexec', 'runuser', 'sudoedit', 'sg']),
  ...list('network-fetch', [
    'curl',
    'wget',
    'wget2',
    'aria2c',
    'http',
    'https',
    'xh',
    'curlie',
    'fetch',
    'lynx',
    'links',
    'elinks',
    'w3m',
    'lwp-request',
    'GET',
    'nc',
    'ncat',
    'netcat',
    'socat',
    'ftp',
    'tftp',
    'axel',
    'telnet',
    'ssh',
  ]),
  ...list('deletes', ['rm', 'rmdir', 'unlink', 'shred', 'srm', 'wipe']),
]);

function list(capability: Capability, programs: string[]): [string, Capability[]][] {
  return programs.map((program) => [program, [capability]]);
}

export function capabilitiesOf(program: string, words: readonly Word[]): Capability[] {
  if (program === 'find') return words.some((word) => word.value === '-delete') ? ['deletes'] : [];
  return [...(PROGRAMS.get(program) ?? [])];
}
