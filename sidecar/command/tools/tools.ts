/** What a program asks of others over the network, by its own grammar. To add one, add an entry. */
import type { ApiIntent } from '../../action.ts';
import { byName } from '../grammar/by-name.ts';
import { CLUSTER_TOOLS } from './helm.ts';
import { curlUse } from './http/curl.ts';
import { httpieUse } from './http/httpie.ts';
import { wgetUse } from './http/wget.ts';
import { kubectlUse } from './kubectl/kubectl.ts';
import { REGISTRY_TOOLS } from './network/registries.ts';
import { rsync, scp, sftp, ssh } from './network/remote.ts';
import { dig, HOST_TOOLS, nc, python, SERVER_TOOLS, socat } from './network/sockets.ts';
import { DATABASE_TOOLS } from './sql/clients.ts';
import type { Tool, ToolCall, ToolUse } from './tool.ts';

const TOOLS: ReadonlyMap<string, Tool> = new Map<string, Tool>([
  ['kubectl', kubectlUse],
  ['oc', kubectlUse],
  ...CLUSTER_TOOLS,
  ['curl', curlUse],
  ['curlie', curlUse],
  ['wget', wgetUse],
  ['wget2', wgetUse],
  ['http', httpieUse],
  ['https', httpieUse],
  ['xh', httpieUse],
  ['xhs', httpieUse],
  ...DATABASE_TOOLS,
  ['ssh', ssh],
  ['autossh', ssh],
  ['scp', scp],
  ['rsync', rsync],
  ['sftp', sftp],
  ['nc', nc],
  ['ncat', nc],
  ['netcat', nc],
  ['socat', socat],
  ['dig', dig],
  ...HOST_TOOLS,
  ...SERVER_TOOLS,
  ...REGISTRY_TOOLS,
  ['microk8s.kubectl', kubectlUse],
]);

/** By names with a version in them. */
const PYTHON = /^(python|pypy)[\d.]*$/;

/** Undefined for a program that asks nothing of others. */
export const toolNamed = byName(
  (program): Tool | undefined => TOOLS.get(program) ?? (PYTHON.test(program) ? python : undefined),
);

export function used(tool: Tool, call: ToolCall): ToolUse {
  const use = tool(call);
  return (use.requests?.length ?? 0) < 2 ? use : { ...use, requests: distinct(use.requests!) };
}

function distinct(requests: readonly ApiIntent[]): readonly ApiIntent[] {
  return [...new Map(requests.map((one) => [JSON.stringify(one), one])).values()];
}
