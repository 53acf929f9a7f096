/** What the query of an exec or attach asks for, read as the API server reads it. Pure. */
import type { KubeAction } from '../../action.ts';
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
  const flag = (name: string) => all(name).slice(0, 1).some(isTrue);
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

/** As apimachinery's Convert_Slice_string_To_bool: there is no wrong value, and an empty one is true. */
function isTrue(value: string): boolean {
  return value !== '0' && value.toLowerCase() !== 'false';
}
