/** An API server that signs, publishes and reviews ServiceAccount tokens, as far as is asked of it here. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { decodeJwt, jwtVerify } from 'jose';
import type { Micros } from '../../../recorder/audit/units.ts';
import { Upstream } from '../../../sidecar/kube/upstream/upstream.ts';
import { NOW, newPair, type Pair, sign } from '../../recorder/token/signing.ts';
import { serve } from '../kube/proxy/world.ts';

interface Test {
  teardown(action: () => Promise<unknown>): void;
}

export const CLUSTER = 'https://kubernetes.default.svc.cluster.local';
export const POD = { name: 'web-1', uid: 'c8ff7f5c-1111-4e5e-9c59-6f0a5e4b8a11' };

/** The claims of a token that is bound to a Pod. */
export function bound({ namespace = 'agents', name = 'cursor', pod = POD as object | null } = {}) {
  return {
    iss: CLUSTER,
    sub: `system:serviceaccount:${namespace}:${name}`,
    aud: ['chaperone'],
    'kubernetes.io': { namespace, serviceaccount: { name, uid: 'a1' }, ...(pod && { pod }) },
  };
}

export class Issuing {
  pairs: Pair[];
  /** Seconds. */
  time = NOW;
  reviews = 0;
  /** What reviews of tokens of these users say. */
  readonly gone = new Set<string>();
  /** In place of the answer to a review. */
  answer: { status: number; body: unknown } | null = null;
  /** Paths that are not for us. */
  readonly closed = new Set<string>();
  readonly clock = { now: (): Micros => this.time * 1e6 };
  server!: Upstream;

  private constructor(pair: Pair) {
    this.pairs = [pair];
  }

  static async start(t: Test): Promise<Issuing> {
    const issuing = new Issuing(await newPair('RS256', 'first'));
    const { source } = await serve(t, (request, response) => void issuing.#answer(request, response));
    issuing.server = new Upstream(source);
    t.teardown(() => issuing.server.close());
    return issuing;
  }

  token(claims: object = bound()): Promise<string> {
    return sign(this.pairs.at(-1)!, { exp: this.time + 3600, iat: this.time, ...claims });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const send = (status: number, body: unknown) => response.writeHead(status).end(JSON.stringify(body));
    if (this.closed.has(request.url!)) return void send(403, { kind: 'Status' });
    switch (request.url) {
      case '/.well-known/openid-configuration':
        return void send(200, { issuer: CLUSTER, jwks_uri: 'https://192.0.2.1/openid/v1/jwks' });
      case '/openid/v1/jwks':
        // As the real one: https://github.com/kubernetes/kubernetes/blob/master/pkg/routes/openidmetadata.go
        if (!/jwk-set\+json|\*\/\*/.test(request.headers.accept ?? '*/*')) return void send(406, {});
        return void send(200, { keys: this.pairs.map(({ jwk }) => jwk) });
      case '/apis/authentication.k8s.io/v1/tokenreviews': {
        this.reviews++;
        const { spec } = JSON.parse(await text(request));
        return this.answer === null
          ? void send(201, { status: await this.#review(spec) })
          : void send(this.answer.status, this.answer.body);
      }
      default:
        return void send(404, {});
    }
  }

  async #review({ token, audiences }: { token: string; audiences: string[] }): Promise<object> {
    const currentDate = new Date(this.time * 1000);
    const proofs = this.pairs.map(({ publicKey }) =>
      jwtVerify(token, publicKey, { audience: audiences, currentDate, issuer: CLUSTER }),
    );
    const proven = await Promise.any(proofs).catch(() => null);
    const claims = decodeJwt(token) as ReturnType<typeof bound>;
    if (proven === null || this.gone.has(claims.sub)) return { user: {}, error: 'no' };
    const { pod } = claims['kubernetes.io'] as { pod?: typeof POD };
    const extra = pod && {
      'authentication.kubernetes.io/pod-name': [pod.name],
      'authentication.kubernetes.io/pod-uid': [pod.uid],
    };
    const groups = ['system:serviceaccounts', 'system:serviceaccounts:agents', 'system:authenticated'];
    const user = { username: claims.sub, uid: 'a1', groups, ...(extra && { extra }) };
    return { authenticated: true, user, audiences };
  }
}
