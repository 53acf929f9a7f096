/**
 * Requests that are refused before any policy is asked, because what the API server would make of them is not certain:
 * what was judged and what is carried out would be two things. Pure.
 */

/** Every way in which a request can be unfit to be judged, and how HTTP and Kubernetes say it. */
export const REFUSALS = {
  /** A method that the API server has no meaning for. */
  method: { status: 405, reason: 'MethodNotAllowed' },
  /** Absolute form, authority form, `*`, a fragment, bytes that no request target has. */
  'target-form': { status: 400, reason: 'BadRequest' },
  'target-length': { status: 414, reason: 'RequestURITooLong' },
  /** A percent-encoding that is none, or that is not UTF-8. */
  'path-encoding': { status: 400, reason: 'BadRequest' },
  /** A segment that is empty, `.` or `..`, or hides a separator. */
  'path-segment': { status: 400, reason: 'BadRequest' },
  /** Prefixes of the API that name no resource. */
  'path-shape': { status: 400, reason: 'BadRequest' },
  'query-encoding': { status: 400, reason: 'BadRequest' },
  /** A parameter that decides something stands twice. */
  'query-duplicate': { status: 400, reason: 'BadRequest' },
  /** A parameter that decides something has a value that the server could not read. */
  'query-value': { status: 400, reason: 'BadRequest' },
  /** A header that decides something stands twice, or cannot be read. */
  header: { status: 400, reason: 'BadRequest' },
  /** Only exec, attach and port-forward may change the protocol. */
  upgrade: { status: 400, reason: 'BadRequest' },
  /** No encoding that the client takes can be looked into. */
  accept: { status: 406, reason: 'NotAcceptable' },
  'media-type': { status: 415, reason: 'UnsupportedMediaType' },
  'body-encoding': { status: 415, reason: 'UnsupportedMediaType' },
  'body-unexpected': { status: 400, reason: 'BadRequest' },
  'body-size': { status: 413, reason: 'RequestEntityTooLarge' },
  'body-syntax': { status: 400, reason: 'BadRequest' },
  'body-depth': { status: 400, reason: 'BadRequest' },
  /** A member of an object, or a field of a message, stands twice. */
  'body-duplicate': { status: 400, reason: 'BadRequest' },
  /** It holds one of our own masks, or takes a value to where none would stand. (Of an `Invalid`, 422, kubectl would print the causes alone.) */
  'body-masked': { status: 403, reason: 'Forbidden' },
} as const satisfies Record<string, { status: number; reason: string }>;

export type RefusalCode = keyof typeof REFUSALS;

export interface Refusal {
  code: RefusalCode;
  /** One line: what is wrong with it, and what would do. */
  message: string;
}

/** How any step says no. */
export class Unfit extends Error {
  readonly refusal: Refusal;

  constructor(code: RefusalCode, message: string) {
    super(message);
    this.refusal = { code, message };
  }
}
