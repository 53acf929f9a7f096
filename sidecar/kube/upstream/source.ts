/** Where the real API server is, and what opens it: a port, for a pod's ServiceAccount or a kubeconfig's context. */

/** What TLS needs, as node:tls takes it. */
export interface TlsMaterial {
  /** Authorities to trust; the system's where it is left out. */
  ca?: string;
  /** A client certificate and its key. */
  cert?: string;
  key?: string;
  /** The name that the server's certificate is held against, where it is not the host of the URL. */
  servername?: string;
}

export interface Credentials {
  tls: TlsMaterial;
  /** Value of the `Authorization` header; null where the client certificate says it all. */
  authorization: string | null;
}

export interface UpstreamSource {
  /** What a person calls it: the context's name, or `in-cluster`. */
  name: string;
  /** https; with a path in front of all others where the server has one. */
  server: URL;
  /** Where requests go that name no namespace; may be empty. */
  namespace: string;
  /**
   * What opens the server now. Cheap enough to be asked every few seconds.
   * @param rejected true where the server has just refused the last ones: nothing that is remembered may be used
   * @throws ChaperoneError `UNAUTHENTICATED`, in one line that says what to do
   */
  credentials(rejected: boolean): Promise<Credentials>;
}
