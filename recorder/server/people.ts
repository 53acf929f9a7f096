/** Who may come in, and how: by signing in at a provider where one is set, else the one local admin. */
import type { Micros } from '../audit/units.ts';
import type { Left } from '../offboard/left.ts';
import { Origins } from './hardening.ts';
import type { TokenLogins } from './login.ts';
import type { WaysIn } from './login-pages.ts';
import type { OidcSettings } from './oidc/settings.ts';
import type { OpenRoute } from './routes/account.ts';
import type { SignInOptions } from './routes/sign-in.ts';

export interface People {
  /** Where browsers reach us. */
  base: string;
  origins: Origins;
  localAdmin: boolean;
  tokens: TokenLogins | null;
  waysIn: WaysIn;
  /** The routes of signing in. */
  routes(through: Pick<SignInOptions, 'logins' | 'throttle' | 'access'>): OpenRoute[];
}

export interface PeopleOptions {
  now(): Micros;
  left: Left;
  port: number;
  /** Told where the provider cannot be reached at start: it may come yet. */
  report(error: unknown): void;
}

/** What speaks to providers is loaded only where there is one; and before the server listens, which waits for nothing then. */
export async function loadPeople(
  settings: OidcSettings | undefined,
): Promise<(options: PeopleOptions) => People> {
  if (settings === undefined) return localAdmin;
  const { peopleOf } = await import('./oidc/people.ts');
  return (options) => peopleOf(settings, options);
}

export function ownAddress(port: number): string {
  return `http://127.0.0.1:${port}`;
}

function localAdmin({ port }: PeopleOptions): People {
  return {
    base: ownAddress(port),
    origins: new Origins(port, null),
    localAdmin: true,
    tokens: null,
    waysIn: { provider: null, links: true },
    routes: () => [],
  };
}
