/** The questions of the scale probe, asked of the API server on the credential that the request will go on with. */
import type { Dispatcher } from 'undici';
import type { Json } from '../../action.ts';
import type { Forwarded, Upstream } from '../../kube/upstream/upstream.ts';
import type { Answer, Heard, ProbeRequest, ScaleUpstream } from './probe.ts';
import { parseReplicasPath, type ReplicasPath } from './replicas.ts';

/** Bytes of one answer; an object in etcd has 1.5 MiB at most. */
const ANSWER_LIMIT = 8 << 20;
/** How long the server may take for one. */
const ANSWER_MS = 30_000;
/** What a question that got no answer comes to. */
const NONE: Answer = { status: 0, object: null, heard: null };

export class UpstreamProbe implements ScaleUpstream {
  readonly #upstream: Upstream;

  constructor(upstream: Upstream) {
    this.#upstream = upstream;
  }

  /** Never rejects: what cannot be asked is not known. */
  async ask({ method, uri, body }: ProbeRequest): Promise<Answer> {
    const headers = ['accept', 'application/json', 'accept-encoding', 'identity'];
    if (body !== null) headers.push('content-type', body.type);
    const forwarded = { method, uri, headers, body: body?.bytes ?? null };
    const heard = await collect(this.#upstream, forwarded).catch(() => null);
    return heard === null ? NONE : { status: heard.status, object: decode(heard.body), heard };
  }

  /** What all versions say alike: one object is read and written through any of them. */
  async replicasPath(group: string, resource: string): Promise<ReplicasPath | null | undefined> {
    const name = encodeURIComponent(`${resource}.${group}`);
    const uri = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`;
    const { status, object } = await this.ask({ method: 'GET', uri, body: null });
    return status === 200 ? pathIn(object) : undefined;
  }
}

interface Definition {
  spec?: { versions?: { subresources?: { scale?: { specReplicasPath?: unknown } } }[] };
}

function pathIn(definition: Json): ReplicasPath | null | undefined {
  const versions = (definition as Definition | null)?.spec?.versions;
  if (!Array.isArray(versions)) return undefined;
  const said = versions.map(({ subresources }) => subresources?.scale?.specReplicasPath);
  if (said.every((path) => path === undefined)) return null;
  const [path] = said;
  if (typeof path !== 'string' || said.some((other) => other !== path)) return undefined;
  return parseReplicasPath(path) ?? undefined;
}

function decode(body: Uint8Array): Json | null {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8')) as Json;
  } catch {
    return null;
  }
}

/** The whole of an answer. @throws Error where it breaks off, is too long, or takes too long */
function collect(upstream: Upstream, forwarded: Forwarded): Promise<Heard> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let length = 0;
    let status = 0;
    let headers: Heard['headers'] = [];
    let controller: Dispatcher.DispatchController | null = null;
    const give = (why: string) => {
      const error = new Error(why);
      controller?.abort(error);
      reject(error);
    };
    const timer = setTimeout(() => give('no answer in time'), ANSWER_MS);
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: (started) => {
        controller = started;
      },
      onResponseStart: ({ rawHeaders }, code) => {
        status = code;
        headers = rawHeaders as Buffer[];
      },
      onResponseData: (_controller, piece) => {
        pieces.push(piece);
        length += piece.length;
        if (length > ANSWER_LIMIT) give('the answer is too long');
      },
      onResponseEnd: () => {
        clearTimeout(timer);
        resolve({ status, headers, body: Buffer.concat(pieces) });
      },
      onResponseError: (_controller, error) => {
        clearTimeout(timer);
        reject(error);
      },
    };
    upstream.send(forwarded, handler).catch((error) => {
      clearTimeout(timer);
      reject(error);
    });
  });
}
