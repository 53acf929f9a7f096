/** What is recorded of a request to the Kubernetes API. */
import type { ApprovalMark, Decision } from './decision.ts';
import type { SessionId } from './units.ts';

/**
 * How the API server itself reads a request; parts that a request does not have are empty.
 * https://pkg.go.dev/k8s.io/apiserver/pkg/endpoints/request#RequestInfo
 */
export interface RequestInfo {
  /** get, list, watch, create, update, patch, delete, deletecollection; the method in lower case where `path` is. */
  verb: string;
  group: string;
  version: string;
  resource: string;
  subresource: string;
  /** Empty for what lies in none, and for a request over all of them. */
  namespace: string;
  name: string;
  /** The path of a request that is for no resource (`/healthz`), decoded. */
  path: string;
}

/** What a client says of itself: good for grouping, proof of nothing. */
export interface ClientClaims {
  /** `User-Agent`. */
  agent?: string;
  /** `Kubectl-Command`, e.g. `kubectl get`. */
  command?: string;
  /** `Kubectl-Session`: one value for all requests of one kubectl run. */
  run?: string;
}

/** What is known of a body beside the part of it that is kept as content. */
export interface BodySummary {
  /** Media type as it was declared, without parameters that do not matter. */
  type: string;
  /** Length as it was sent, before a content encoding was undone. */
  bytes: number;
  /** Hex SHA-256 of the whole body as stored: encoding undone, and after masking. */
  sha256: string;
  /** The content encoding that was undone. */
  encoding?: 'gzip';
  /** True where values in it were masked before it was stored; what was no JSON is stored as JSON then. */
  masked?: true;
  /** Nothing of it is stored, because its values would have to be masked and could not be: why. */
  withheld?: string;
  /** Bytes that were not kept, because the body was longer than the policy keeps. */
  cut?: number;
}

/**
 * What a request would do, as a dry run of the API server showed. What exactly is the content of `approval.effect`,
 * unless it is `withheld`: why. `uid` is empty for an object that is not there yet.
 */
export type RequestEffect =
  /** So many places in the object would be other than they are. */
  | { kind: 'change'; uid: string; places: number; withheld?: string }
  | { kind: 'deletion'; uid: string; withheld?: string }
  /** So many objects would be deleted; `more`: that many are only those that were counted. */
  | { kind: 'collection'; count: number; more: boolean }
  /** A program would run in this pod, or a connection be made to it. */
  | { kind: 'pod'; uid: string }
  | { kind: 'unknown'; why: string };

/** An object that a request made, changed or deleted, as the answer names it. */
export interface ChangedObject {
  group: string;
  /** As in the request's path, e.g. `deployments`. */
  resource: string;
  /** Empty for what lies in none. */
  namespace: string;
  /** The server may have chosen it (`generateName`). */
  name: string;
  uid: string;
}

export type RequestBody<Content> =
  | {
      type: 'request.admitted';
      /** UUID; goes upstream as `Audit-ID`, so that the cluster's own audit log joins this one. */
      id: string;
      method: string;
      /** Path and query as they are forwarded. */
      uri: string;
      request: RequestInfo;
      /** True where the server will change nothing. */
      dryRun: boolean;
      client: ClientClaims;
      decision: Decision;
      /** True if it was let go on. */
      allowed: boolean;
      /** Where a human was asked. */
      approval?: ApprovalMark;
      /** What it does beyond its words could not be determined: why. Empty where all is known. */
      unknown: string[];
      /** The session that it opens. */
      opens?: SessionId;
      /** The refused request that it repeats over another protocol: kubectl tries SPDY where a WebSocket is refused. */
      repeats?: string;
      body?: BodySummary;
      /** The body. */
      content?: Content;
    }
  /** A piece of the answer's body, in order; stored before it is passed on. */
  | { type: 'request.answer'; id: string; content: Content }
  | {
      type: 'request.ended';
      id: string;
      /**
       * `answered` by the server; `refused` by us; `failed`: no answer or a broken one; `cancelled` by the client;
       * `upgraded`: the session that it opened has ended.
       */
      outcome: 'answered' | 'refused' | 'failed' | 'cancelled' | 'upgraded';
      /** HTTP status that the client was given; 0 where it was given none. */
      status: number;
      /** From the admission to the end, in microseconds. */
      micros: number;
      answer?: BodySummary;
      /** Of a change: which object it was, in the server's own words. */
      object?: ChangedObject;
      /** The whole body of the answer where it is small, else its last piece. */
      content?: Content;
      error?: string;
    };
