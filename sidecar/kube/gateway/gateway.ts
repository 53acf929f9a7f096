/**
 * The proxy for clients that bring a token of their own: one door for many people, who go on by impersonation.
 *
 *     kubectl ──token──▶ authenticator ──▶ caller: a session, a share ──▶ gate ──Impersonate-…──▶ API server
 */

import { ChaperoneError } from '../../../recorder/errors.ts';
import type { Endable } from '../../../recorder/log/endings.ts';
import { Left } from '../../../recorder/offboard/left.ts';
import { AccessRecord } from '../../../recorder/server/access.ts';
import { MaskedJournal } from '../../mask/journal.ts';
import { ApiSession } from '../api-session.ts';
import type { Door } from '../credentials/bearers.ts';
import type { KeyPair } from '../credentials/certificates.ts';
import { type GuardOptions, guardedApi } from '../guarded-api.ts';
import { type Listening, listen } from '../proxy/server.ts';
import { pinning } from '../upstream/pinning.ts';
import type { UpstreamSource } from '../upstream/source.ts';
import { Upstream } from '../upstream/upstream.ts';
import { Authenticator } from './authenticator.ts';
import { Callers } from './callers.ts';
import type { GatewayConfiguration } from './configuration.ts';
import type { Caller } from './mapping.ts';

export interface GatewayOptions extends GuardOptions {
  source: UpstreamSource;
  configuration: GatewayConfiguration;
  /** Text of the files of authorities that the configuration names. */
  authorities: ReadonlyMap<string, string>;
  host: string;
  port: number;
  certificate: KeyPair;
  /** Who left; nobody yet where it is left out. */
  left?: Left;
}

export interface Gateway {
  /** `https://0.0.0.0:6443` */
  url: string;
  port: number;
  /** The API server behind it. */
  upstream: URL;
  /** Why some callers cannot come in now. */
  troubles(): Promise<string[]>;
  /** From now on connections are answered with this one. */
  renew(certificate: KeyPair): void;
  /** Ends the sessions of whom `whose` picks, and what is under way in them. @returns how many */
  end(whose: (caller: Caller) => boolean, reason: string): Promise<number>;
  /** Lets what is short come to its end, and cuts the rest. */
  close(): Promise<void>;
}

const SWEEP_MS = 60_000;
/** How long requests that are under way may take when we are told to stop. */
const GRACE_MS = 5_000;
const LOOK_MS = 50;
/** A caller's token is nobody's to see. */
const EVERYWHERE = { record: true, agent: true };

/** @throws ChaperoneError `PORT_IN_USE` */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { configuration, clock, vault, policy, report, authorities, host, port, certificate } = options;
  const journal = new MaskedJournal(options.journal, vault);
  const source = pinning(options.source, vault);
  // Two ways to one server: what callers ask never goes on as ourselves.
  const upstream = new Upstream(source, { onlyAs: true });
  const own = new Upstream(source);
  const authenticator = new Authenticator({ configuration, server: own, clock, authorities });
  const server = source.server.href;
  const callers: Callers = new Callers({
    authenticate: (token) => authenticator.authenticate(token),
    begin: (caller) =>
      new ApiSession({
        journal,
        clock,
        ...caller,
        server,
        policy: () => policy().digest,
        endings: shutting(options.endings, () => callers.shut(caller)),
      }),
    pin: (part) => vault.pin(part, EVERYWHERE),
    limits: configuration.limits,
    left: options.left ?? new Left(() => clock.now()),
    ...{ clock, report },
  });
  const door = noting(callers, new AccessRecord(journal, () => clock.now()));
  const proxy = guardedApi({ ...options, journal }, upstream, door);
  const listening = await listen({ host, port, orAnother: false, certificate, proxy, report });
  const sweeping = setInterval(() => callers.sweep(), SWEEP_MS).unref();
  const close = async () => {
    clearInterval(sweeping);
    await closing({ listening, callers, ways: [upstream, own] });
  };
  return {
    ...{ url: listening.url, port: listening.port, upstream: source.server, close: once(close) },
    troubles: () => authenticator.troubles(),
    renew: (renewed) => listening.renew(renewed),
    end: (whose, reason) => callers.end(whose, reason),
  };
}

/** Whose session is ended from outside does not come back by the token that they have. */
function shutting(endings: Endable | undefined, shut: () => void): Endable | undefined {
  if (endings === undefined) return undefined;
  return {
    watch: (session, told) =>
      endings.watch(session, (reason) => {
        shut();
        told(reason);
      }),
  };
}

/** Who is not let in stands in the log, as long as there are not too many of them. */
function noting(door: Callers, access: AccessRecord): Door {
  return {
    find: async (authorization, from) => {
      try {
        return await door.find(authorization);
      } catch (error) {
        const reason = reasonOf(error);
        // Without a token nobody claims to be anybody: kubectl asks so when it has none.
        if (reason !== null && authorization !== undefined)
          await access.refused({ from, what: 'gateway', reason, detail: (error as Error).message }, null);
        throw error;
      }
    },
  };
}

function reasonOf(error: unknown): 'credentials' | 'role' | null {
  if (!(error instanceof ChaperoneError)) return null;
  if (error.code === 'UNAUTHENTICATED') return 'credentials';
  return error.code === 'FORBIDDEN' ? 'role' : null;
}

interface Parts {
  listening: Listening;
  callers: Callers;
  ways: Upstream[];
}

/** What is under way is cut in the end, and its end recorded, before the sessions end. */
async function closing({ listening, callers, ways }: Parts): Promise<void> {
  listening.drain();
  for (let left = GRACE_MS; left > 0 && callers.running > 0; left -= LOOK_MS)
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  await callers.close('chaperone is stopping');
  await listening.close();
  await Promise.all(ways.map((way) => way.close()));
}

function once(action: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null;
  return () => {
    done ??= action();
    return done;
  };
}
