/** What the query of an exec or attach asks for, read as the API server reads it. Pure. */
import type { KubeAction } from '../../action.ts';
import { isTrue } from '../../request/request-info.ts';
import type { Requested } from '../wire/remotecommand.ts';

export interface RemoteParameters extends Requested {
  tty: boolean;
  /** Empty where the server takes the pod's default. */
  container: string;
  /** The argv; empty for attach. */
  command: string[];
}

/** https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.34/#podexecoptions-v1-core */
export function readParameters({ parameters }: Pick<KubeAction, 'parameters'>): RemoteParameters {
  const all = (name: string) => parameters.filter(([key]) => key === name).map(([, value]) => value);
  const flag = (name: string) => isTrue(parameters, name);
  const tty = flag('tty');
  return {
    stdin: flag('stdin'),
    stdout: flag('stdout'),
    // A terminal joins the two: the server has no stderr then, whatever is asked for.
    stderr: flag('stderr') && !tty,
    tty,
    container: all('container')[0] ?? '',
    command: all('command'),
  };
}
