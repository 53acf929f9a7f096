/** The people of a provider: see ../people.ts. */
import { Origins } from '../hardening.ts';
import { ownAddress, type People, type PeopleOptions } from '../people.ts';
import { CALLBACK, signInRoutes } from '../routes/sign-in.ts';
import { PendingSignIns } from './pending.ts';
import { Provider } from './provider.ts';
import type { OidcSettings } from './settings.ts';
import { DeviceLogins } from './token-logins.ts';

export function peopleOf(settings: OidcSettings, { now, left, port, report }: PeopleOptions): People {
  const origins = new Origins(port, settings.externalUrl);
  const base = settings.externalUrl?.origin ?? ownAddress(port);
  const provider = new Provider(settings, { redirectUri: `${base}${CALLBACK}`, clock: { now } });
  provider.reach().catch(report);
  const pending = new PendingSignIns(now);
  const { localAdmin, name } = settings;
  return {
    ...{ base, origins, localAdmin },
    tokens: new DeviceLogins({ settings, provider, left, now }),
    waysIn: { provider: name, links: localAdmin },
    routes: (through) => signInRoutes({ ...through, settings, provider, pending, base, origins }),
  };
}
