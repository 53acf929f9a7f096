/** From a bearer token to whose it is: the issuer that it names has to have signed it. */
import { ChaperoneError } from '../../../recorder/errors.ts';
import { fetchJson } from '../../../recorder/token/fetch-json.ts';
import { discoveredKeys } from '../../../recorder/token/issuer.ts';
import { IssuerKeys } from '../../../recorder/token/keys.ts';
import { claimedIssuer, unproven } from '../../../recorder/token/unproven.ts';
import { TokenVerifier } from '../../../recorder/token/verifier.ts';
import type { Clock } from '../../clock.ts';
import { type Workloads, workloads } from '../../identity/workloads.ts';
import type { ApiServer } from '../upstream/upstream.ts';
import type { AccountsConfiguration, GatewayConfiguration, IssuerConfiguration } from './configuration.ts';
import { type Caller, callerOf, workloadCaller } from './mapping.ts';

export interface AuthenticatorOptions {
  configuration: Pick<GatewayConfiguration, 'issuers' | 'serviceAccounts'>;
  /** On our own credential. */
  server: Pick<ApiServer, 'send'>;
  clock: Clock;
  /** Text of a file of authorities, by the path in the configuration. */
  authorities: ReadonlyMap<string, string>;
}

interface People {
  configuration: IssuerConfiguration;
  verifier: TokenVerifier;
  keys: IssuerKeys;
}

interface Accounts {
  configuration: AccountsConfiguration;
  workloads: Workloads;
}

export class Authenticator {
  readonly #people: ReadonlyMap<string, People>;
  readonly #accounts: Accounts | null;

  constructor({ configuration, server, clock, authorities }: AuthenticatorOptions) {
    const { issuers, serviceAccounts } = configuration;
    this.#people = new Map(issuers.map((one) => [one.url, peopleOf(one, clock, authorities)]));
    this.#accounts =
      serviceAccounts === undefined
        ? null
        : { configuration: serviceAccounts, workloads: workloads({ ...serviceAccounts, server, clock }) };
  }

  /** Why some callers cannot come in now, of issuers that cannot be reached; fetches their keys where they are old. */
  async troubles(): Promise<string[]> {
    const asked = await Promise.allSettled([...this.#people.values()].map(({ keys }) => keys.refresh()));
    return asked.flatMap((one) => (one.status === 'rejected' ? [(one.reason as Error).message] : []));
  }

  /** @throws ChaperoneError `UNAUTHENTICATED`, `FORBIDDEN`; `ISSUER_GONE` and `BUSY` where it cannot be told now */
  async authenticate(token: string): Promise<Caller> {
    const people = this.#people.get(claimedIssuer(token) ?? '');
    if (people !== undefined) return callerOf(await people.verifier.verify(token), people.configuration);
    if (this.#accounts === null)
      throw new ChaperoneError('UNAUTHENTICATED', 'the token is from an issuer that is not known here');
    const { configuration, workloads: door } = this.#accounts;
    const workload = await door.identify(token);
    // It holds, so what it says is so.
    const issued = Number(unproven(token)?.iat ?? 0) * 1e6;
    return workloadCaller({ ...workload, issued }, configuration);
  }
}

function peopleOf(
  configuration: IssuerConfiguration,
  clock: Clock,
  authorities: ReadonlyMap<string, string>,
): People {
  const { url: issuer, audiences, clients, certificateAuthority = '' } = configuration;
  const ca = authorities.get(certificateAuthority);
  const fetch = fetchJson(ca === undefined ? {} : { ca });
  const keys = new IssuerKeys({ load: discoveredKeys(issuer, fetch), clock });
  const verifier = new TokenVerifier({
    issuer,
    audiences,
    keys,
    clock,
    ...(clients !== undefined && { clients }),
  });
  return { configuration, verifier, keys };
}
