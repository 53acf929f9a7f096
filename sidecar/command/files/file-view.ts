/**
 * What the file system says of the names in a line, where it can be seen: the port by which the analysis, which has no
 * I/O of its own, is told. It holds for one judgement; what an answer says may be otherwise when the line runs.
 */

/** What starts where a file is executed. */
export type Standing =
  /** No more than its name says. */
  | { kind: 'named' }
  /** Programs of the system under another name: their paths. */
  | { kind: 'known'; paths: readonly string[] }
  /** A script of a shell; its text is null where it is too long, or none. */
  | { kind: 'script'; shell: string; text: string | null }
  /** It is there, and what it is cannot be told. */
  | { kind: 'hidden' };

/** Which cluster a client is told to use; null is what only running it tells. */
export interface ClusterChoice {
  /** Kubeconfig files as `KUBECONFIG` or `--kubeconfig` names them; undefined for the usual one. */
  files: string | undefined;
  context: string | undefined;
}

/** Paths are absolute. Nothing here throws. */
export interface FileView {
  /** True once more was asked than is looked up for one line: what came after that was answered as if it could not be seen. */
  readonly exhausted: boolean;
  /**
   * Where a path leads as the kernel would follow it, links and `..` included; null where that cannot be told.
   * @param last whether a link at its end is followed as well
   */
  follow(path: string, last: boolean): string | null;
  /** The file that `name` starts, as execvp(3) finds it; null where there is none. @param search value of PATH */
  find(name: string, search: string): string | null;
  standing(path: string): Standing;
  /** Text of a regular file; null where there is none, or it is too long. */
  text(path: string): string | null;
  /** The namespace that a client of Kubernetes uses where its line names none; null where that cannot be told. */
  namespace(choice: ClusterChoice): string | null;
}
