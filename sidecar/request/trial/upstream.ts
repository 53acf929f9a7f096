/** Questions beside a request, asked of the API server on the credential that the request will go on with. */
import type { Json } from '../../action.ts';
import { collect } from '../../kube/upstream/collect.ts';
import type { Persona } from '../../kube/upstream/impersonation.ts';
import type { Upstream } from '../../kube/upstream/upstream.ts';
import { JSON_TYPE } from '../media-type.ts';
import type { ProbeUpstream } from '../probe.ts';
import { parseReplicasPath, type ReplicasPath } from '../scale/replicas.ts';
import type { Answer, Question } from './trial.ts';

/** https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches */
const METADATA = `${JSON_TYPE};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,${JSON_TYPE}`;
/** What a question that got no answer comes to. */
const NONE: Answer = { status: 0, object: null, heard: null };

export class UpstreamProbe implements ProbeUpstream {
  readonly #upstream: Upstream;
  readonly #as: Persona | undefined;

  /** @param as whose request it is that depends on the answers */
  constructor(upstream: Upstream, as?: Persona) {
    this.#upstream = upstream;
    this.#as = as;
  }

  /** Never rejects: what cannot be asked is not known. */
  async ask({ method, uri, body, metadataOnly }: Question): Promise<Answer> {
    const headers = ['accept', metadataOnly ? METADATA : JSON_TYPE, 'accept-encoding', 'identity'];
    if (body !== null) headers.push('content-type', body.type);
    const forwarded = { method, uri, headers, body: body?.bytes ?? null, as: this.#as };
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

  /** True where the API server itself serves that version of a group; false where another does, or it cannot be told. */
  async servesItself(group: string, version: string): Promise<boolean> {
    const name = encodeURIComponent(`${version}.${group}`);
    const uri = `/apis/apiregistration.k8s.io/v1/apiservices/${name}`;
    const { status, object } = await this.ask({ method: 'GET', uri, body: null });
    const { spec } = (object ?? {}) as { spec?: { service?: unknown } };
    return status === 200 && typeof spec === 'object' && (spec.service ?? null) === null;
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
