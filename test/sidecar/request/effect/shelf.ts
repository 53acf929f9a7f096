/** A stand-in for an API server with ConfigMaps in one namespace, which tries what it is told to try. */
import type { IncomingMessage, RequestListener } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { Json } from '../../../../sidecar/action.ts';

export const COLLECTION = '/api/v1/namespaces/shop/configmaps';

type Members = { [member: string]: Json };
export interface Stored extends Members {
  metadata: Members;
}

export interface Shelf {
  objects: Map<string, Stored>;
  /** What was done, and not only tried: `PATCH db`. */
  done: string[];
  asked: string[];
  /** Called before each write that is no trial. */
  before: (method: string) => void;
  /** A webhook: what becomes of every object that is written. */
  admitted: (object: Stored) => Stored;
  /** What is answered to a trial, in its place. */
  refuses: { code: number; message: string } | null;
  listener: RequestListener;
  put(name: string, members?: Members): Stored;
}

export function newShelf(): Shelf {
  let version = 10;
  const shelf: Shelf = {
    objects: new Map(),
    done: [],
    asked: [],
    before: () => undefined,
    admitted: (object) => object,
    refuses: null,
    listener: (request, response) => {
      void answer(shelf, request).then(({ code, object }) =>
        response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(object)),
      );
    },
    put(name, members = {}) {
      const old = shelf.objects.get(name);
      const metadata = {
        ...old?.metadata,
        ...{ name, uid: old?.metadata.uid ?? `uid-${++version}`, resourceVersion: `${++version}` },
        managedFields: [{ manager: `m${version}` }],
      };
      const stored = { kind: 'ConfigMap', apiVersion: 'v1', ...old, ...members, metadata };
      shelf.objects.set(name, stored);
      return stored;
    },
  };
  return shelf;
}

interface Said {
  code: number;
  object: Json;
}

async function answer(shelf: Shelf, request: IncomingMessage): Promise<Said> {
  const { method = '', url = '' } = request;
  const { pathname, searchParams } = new URL(url, 'http://x');
  const body = JSON.parse((await buffer(request)).toString() || '{}') as Members;
  shelf.asked.push(`${method} ${url}`);
  const name = pathname.slice(COLLECTION.length + 1);
  if (method === 'GET') return name === '' ? listed(shelf, searchParams) : found(shelf, name);
  const tried = searchParams.has('dryRun') || `${body.dryRun}` === 'All';
  if (tried && shelf.refuses !== null) return status(shelf.refuses.code, shelf.refuses.message);
  if (!tried) shelf.before(method);
  const said =
    name === '' && method === 'DELETE' ? listed(shelf, searchParams) : written(shelf, { method, name, body });
  if (said.code < 300 && !tried) {
    shelf.done.push(`${method} ${name}`);
    if (method === 'DELETE') shelf.objects.delete(name);
    else shelf.put(name || `${(said.object as Stored).metadata.name}`, said.object as Members);
  }
  return said;
}

function written(
  shelf: Shelf,
  { method, name, body }: { method: string; name: string; body: Members },
): Said {
  if (method === 'POST') return { code: 201, object: shelf.admitted(body as Stored) };
  const old = shelf.objects.get(name);
  if (old === undefined) return status(404, `configmaps "${name}" not found`);
  const demands = (method === 'DELETE' ? body.preconditions : body.metadata) as Members | undefined;
  for (const member of ['uid', 'resourceVersion'])
    if (demands?.[member] !== undefined && demands[member] !== old.metadata[member])
      return status(409, `the ${member} in the precondition does not match`);
  if (method === 'DELETE') return { code: 200, object: old };
  const data = { ...(old.data as Members), ...(body.data as Members) };
  return { code: 200, object: shelf.admitted({ ...old, data }) };
}

function listed(shelf: Shelf, parameters: URLSearchParams): Said {
  const all = [...shelf.objects.values()];
  const limit = Number(parameters.get('limit') ?? all.length);
  const items = all.slice(0, limit);
  return {
    code: 200,
    object: {
      kind: 'ConfigMapList',
      metadata: { ...(items.length < all.length && { continue: 'c' }) },
      items,
    },
  };
}

function found(shelf: Shelf, name: string): Said {
  const object = shelf.objects.get(name);
  return object === undefined ? status(404, `configmaps "${name}" not found`) : { code: 200, object };
}

function status(code: number, message: string): Said {
  return { code, object: { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, message } };
}
