/** Which handler answers a path. A closed table, matched segment by segment: no regular expressions. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { ChaperoneError } from '../errors.ts';
import type { Permission } from './authorize.ts';
import type { Login } from './principal.ts';
import type { ScopedArchive } from './scoped-archive.ts';

/** One request on its way to its answer. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  query: URLSearchParams;
  /** Values of the `:name` segments, decoded. */
  params: Record<string, string>;
  /** Aborts when the client goes away, or is cut off because it stopped reading. */
  signal: AbortSignal;
  /** Aborts when the server begins to close: what would go on for ever ends then. */
  closing: AbortSignal;
  login: Login;
  /** What the caller may see of the log, and the only way for a handler to read sessions. */
  archive: ScopedArchive;
  /** For errors that are told to the client in the middle of a stream. */
  report(error: unknown): void;
}

export interface Route {
  method: 'GET' | 'POST' | 'DELETE';
  /** E.g. `/api/sessions/:id`. */
  path: string;
  /** Without it the handler is not called. */
  needs: Permission;
  handle(exchange: Exchange): Promise<void> | void;
}

/** What a table row needs to be found. */
interface Pattern {
  readonly method: string;
  readonly path: string;
}

export interface Found<T extends Pattern> {
  route: T;
  params: Record<string, string>;
}

/** Thrown where the path exists and the method does not. */
export class MethodNotAllowed extends ChaperoneError {
  readonly allow: string;

  constructor(allow: string) {
    super('USAGE', `this address answers ${allow} only`);
    this.allow = allow;
  }
}

export class Router<T extends Pattern> {
  readonly #routes: { segments: string[]; route: T }[];

  constructor(routes: readonly T[]) {
    this.#routes = routes.map((route) => ({ segments: route.path.split('/'), route }));
  }

  /**
   * Null where no route has this path.
   * @throws MethodNotAllowed, and ChaperoneError `USAGE` for a percent-encoding that is none
   */
  find(method: string, pathname: string): Found<T> | null {
    const segments = pathname.split('/');
    const allow: string[] = [];
    for (const { segments: pattern, route } of this.#routes) {
      const params = matchSegments(pattern, segments);
      if (params === null) continue;
      if (route.method === method) return { route, params };
      allow.push(route.method);
    }
    if (allow.length > 0) throw new MethodNotAllowed(allow.join(', '));
    return null;
  }
}

function matchSegments(pattern: string[], segments: string[]): Record<string, string> | null {
  if (pattern.length !== segments.length) return null;
  const params: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const segment = segments[index]!;
    if (expected.startsWith(':')) params[expected.slice(1)] = decodeSegment(segment);
    else if (expected !== segment) return null;
  }
  return params;
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new ChaperoneError('USAGE', 'the address has a percent sign that encodes nothing');
  }
}
