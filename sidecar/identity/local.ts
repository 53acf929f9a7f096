/**
 * Who is asking on one machine: the operating system's user. Nothing proves it to others, so the proof is
 * `claimed`; Cursor's own environment variables are kept as further claims.
 */
import { spawnSync } from 'node:child_process';
import { userInfo } from 'node:os';
import type { Identity } from '../../recorder/audit/identity.ts';

/** An identifier as Cursor writes them; anything else in the variable is not one, and is left out. */
const IDENTIFIER = /^[\w.:-]{1,128}$/;

/** Reads the user, their groups and Cursor's claims from the process and its environment. */
export function localIdentity(env: NodeJS.ProcessEnv): Identity {
  return { user: userName(), groups: groupNames(), proof: 'claimed', ...claimsIn(env) };
}

/** What an environment says of Cursor. */
export function claimsIn(env: NodeJS.ProcessEnv): Pick<Identity, 'conversation' | 'generation'> {
  const conversation = claim(env.CURSOR_CONVERSATION_ID);
  const generation = claim(env.CURSOR_REQUEST_ID);
  return {
    ...(conversation !== undefined && { conversation }),
    ...(generation !== undefined && { generation }),
  };
}

/** A UID without an entry in passwd has no name: an image's arbitrary user is shown by its number. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid:${process.getuid?.() ?? 'unknown'}`;
  }
}

/** Ended by NUL: a directory service's `domain admins` is one group, and not the two that its words would be. */
function groupNames(): string[] {
  const { status, stdout } = spawnSync('id', ['-Gnz'], { encoding: 'utf8', timeout: 2000 });
  if (status !== 0) return (process.getgroups?.() ?? []).map((gid) => `gid:${gid}`);
  return stdout.split('\0').filter(Boolean);
}

function claim(value: string | undefined): string | undefined {
  return value !== undefined && IDENTIFIER.test(value) ? value : undefined;
}
