/** What the built-in rules have to know of the installation that they protect. Pure. */

export interface Surroundings {
  /** The namespace that the recorder and the injector live in; null where nothing is installed in the cluster. */
  namespace: string | null;
  /** Names of the containers that the injector adds to a Pod. */
  containers: readonly string[];
  /** Names of the volumes that it adds. */
  volumes: readonly string[];
  /** Ports that those containers listen on. */
  ports: readonly number[];
  /** ServiceAccounts whose token is mounted in such a container alone. */
  serviceAccounts: readonly { namespace: string; name: string }[];
  /**
   * Resources of which the server says that they lie in no namespace, as `resource.group`, beside the built-in ones:
   * for telling a list of them from one over all namespaces.
   */
  clusterScoped: readonly string[];
}

/** A laptop: the agent's API server knows nothing of Chaperone. */
export const ALONE: Surroundings = {
  namespace: null,
  containers: [],
  volumes: [],
  ports: [],
  serviceAccounts: [],
  clusterScoped: [],
};

export function isInstalled({ namespace }: Surroundings): boolean {
  return namespace !== null;
}
