import { userInfo } from 'node:os';

/**
 * The user's home directory, or null: a UID without an entry in passwd, as containers run under, has none.
 * A HOME that is empty or relative is not one either, or evidence would land wherever the process happens to stand.
 */
export function homeDirectory(): string | null {
  const named = process.env.HOME;
  if (named?.startsWith('/')) return named;
  try {
    return userInfo().homedir;
  } catch {
    return null;
  }
}
