/** Who may come in, and how: by signing in at a provider where one is set, else the one local admin. */
import type { Micros } from '../../audit/event.ts';
import { Origins } from '../hardening.ts';
import type { TokenLogins } from '../login.ts';
import type { WaysIn } from '../login-pages.ts';
import type { OpenRoute } from '../routes/account.ts';
import { CALLBACK, type SignInOptions, signInRoutes } from '../routes/sign-in.ts';
import { PendingSignIns } from './pending.ts';
import { Provider } from './provider.ts';
import type { OidcSettings } from './settings.ts';
import { DeviceLogins } from './token-logins.ts';

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
  port: number;
  /** Told where the provider cannot be reached at start: it may come yet. */
  report(error: unknown): void;
}

export function peopleOf(settings: OidcSettings | undefined, { now, port, report }: PeopleOptions): People {
  const origins = new Origins(port, settings?.externalUrl ?? null);
  const own = `http://127.0.0.1:${port}`;
  if (settings === undefined) {
    const waysIn = { provider: null, links: true };
    return { base: own, origins, localAdmin: true, tokens: null, waysIn, routes: () => [] };
  }
  const base = settings.externalUrl?.origin ?? own;
  const provider = new Provider(settings, { redirectUri: `${base}${CALLBACK}`, clock: { now } });
  provider.reach().catch(report);
  const pending = new PendingSignIns(now);
  const { localAdmin, name } = settings;
  return {
    ...{ base, origins, localAdmin },
    tokens: new DeviceLogins({ settings, provider, now }),
    waysIn: { provider: name, links: localAdmin },
    routes: (through) => signInRoutes({ ...through, settings, provider, pending, base, origins }),
  };
}
