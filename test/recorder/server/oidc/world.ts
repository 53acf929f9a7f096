/** A recorder whose people sign in at a real provider. */

import type { OidcSettings, RoleRule } from '../../../../recorder/server/oidc/settings.ts';
import type { ServerOptions } from '../../../../recorder/server/server.ts';
import { startWorld, type World } from '../world.ts';
import { Jar } from './browser.ts';
import { CLIENT, DEVICE, type RealProvider, realProvider, SECRET } from './provider.ts';

type Test = Parameters<typeof startWorld>[0];

export const MINUTE = 60_000_000;

export interface OidcWorld extends World {
  provider: RealProvider;
  settings: OidcSettings;
  /** The real time, and what it was stepped by. */
  clock: World['clock'];
  /** A browser in which the provider's `user` has signed in. */
  signedIn(): Promise<Jar>;
  /** What the recorder says of this browser. */
  who(jar: Jar): Promise<{ status: number; body: Record<string, unknown> }>;
  /** Bodies of the recorder's own events of that type. */
  logged(type: string): Promise<Record<string, unknown>[]>;
}

const who = (groups: string[]) => ({ groups, users: [], everyone: false });

export const ROLES: readonly RoleRule[] = [
  { role: 'admin', who: who(['platform']) },
  { role: 'approver', who: who(['sre']), where: {} },
  { role: 'viewer', who: who(['dev']), where: { namespaces: ['shop'] } },
];

export function settingsFor(provider: RealProvider, change: Partial<OidcSettings> = {}): OidcSettings {
  return {
    name: 'Example ID',
    issuer: provider.issuer,
    clientId: CLIENT,
    clientSecret: SECRET,
    externalUrl: null,
    scopes: ['openid', 'email', 'groups'],
    claims: { user: ['email'], groups: ['groups'] },
    roles: ROLES,
    session: { lifetime: 12 * 60 * MINUTE, renew: 5 * MINUTE },
    deviceClientId: DEVICE,
    localAdmin: false,
    ...change,
  };
}

export async function oidcWorld(
  t: Test,
  change: Partial<OidcSettings> = {},
  more: Partial<ServerOptions> = {},
): Promise<OidcWorld> {
  const provider = await realProvider(t);
  const settings = settingsFor(provider, change);
  const clock = steppedClock();
  const world = await startWorld(t, { oidc: settings, clock, ...more });
  await provider.serve(world.server.url);
  provider.accounts.set('first', {
    email: 'first@example.com',
    email_verified: true,
    groups: ['sre', 'dev'],
  });
  provider.accounts.set('second', { email: 'second@example.com', email_verified: true, groups: ['dev'] });
  const whoami = async (jar: Jar) => {
    const { status, text } = await jar.get(`${world.server.url}/api/whoami`);
    return { status, body: JSON.parse(text) as Record<string, unknown> };
  };
  return {
    ...world,
    ...{ provider, settings, clock },
    who: whoami,
    async signedIn() {
      const jar = new Jar();
      const end = await jar.follow(`${world.server.url}/login/start`);
      if (end.status !== 200) throw new Error(`not signed in: ${end.status} ${end.text}`);
      return jar;
    },
    async logged(type) {
      const bodies = (await world.log.bodies('system')) as unknown as Record<string, unknown>[];
      return bodies.filter((body) => body.type === type);
    },
  };
}

function steppedClock(): World['clock'] {
  let ahead = 0;
  return {
    now: () => Date.now() * 1000 + ahead,
    step: (micros) => {
      ahead += micros;
    },
  };
}

/** Runs the sign-in up to the provider's redirect back, which is returned and not followed. */
export async function upToCallback(world: OidcWorld, jar: Jar, path = '/login/start'): Promise<URL> {
  const { url } = await jar.follow(
    `${world.server.url}${path}`,
    (next) => next.pathname === '/login/callback',
  );
  return url;
}
