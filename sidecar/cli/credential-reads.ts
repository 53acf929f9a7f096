/** Which credentials a command line reads, by the same understanding that judges it; see recorder/offboard/trail.ts. */
import type { CredentialReads } from '../../recorder/offboard/trail.ts';
import type { SimpleCommand } from '../action.ts';
import { analyse } from '../command/analyse.ts';
import { readsCredential } from '../command/files/consequences.ts';

/** Longer ones are understood as far as that. */
const LONGEST_LINE = 64 * 1024;

export function credentialReads(home: string | null): CredentialReads {
  const places: Home = { home: home ?? undefined };
  return {
    ofCommand: (line, cwd) =>
      analyse(line.slice(0, LONGEST_LINE), { cwd, ...(home !== null && { home }) }).commands.flatMap(
        (command) => namesOf(command, places),
      ),
    isCredential: (path) => readsCredential({ role: 'reads', path, recursive: false, certain: true }, places),
  };
}

interface Home {
  home: string | undefined;
}

/** Its paths; where a tool hands a credential out by itself, its words stand for it. */
function namesOf({ capabilities, touches, argv }: SimpleCommand, places: Home): string[] {
  if (!capabilities.includes('credential-read')) return [];
  const paths = touches.filter((touch) => touch.certain && readsCredential(touch, places));
  return paths.length > 0 ? paths.map(({ path }) => path) : [argv.join(' ')];
}
