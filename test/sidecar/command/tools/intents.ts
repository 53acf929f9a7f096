/** The requests and hosts of a line as short texts, for tables. */
import type { ApiIntent } from '../../../../sidecar/action.ts';
import { look } from '../look.ts';

const part = (text: string | null) => text ?? '?';

/** `verb group/resource/subresource namespace:name parameters dry-run as maybe`; `?` is what is not known. */
export function shown(intent: ApiIntent): string {
  const { verb, group, subresource, namespace, name, path, parameters } = intent;
  const resource = intent.custom ? '(custom)' : part(intent.resource);
  const what = [
    ...(group === '' ? [] : [part(group)]),
    resource,
    ...(subresource === '' ? [] : [part(subresource)]),
  ];
  return [
    part(verb),
    ...(path ? [path] : [what.join('/'), `${part(namespace)}:${part(name)}`]),
    ...(parameters.length > 0 ? [parameters.map(([key, value]) => `${key}=${value}`).join('&')] : []),
    ...(intent.dryRun === false ? [] : [intent.dryRun === null ? 'dry-run?' : 'dry-run']),
    ...(intent.impersonates ? ['as'] : []),
    ...(intent.certain ? [] : ['maybe']),
  ].join(' ');
}

export const intents = (line: string) => look(line).commands.flatMap(({ requests }) => requests.map(shown));
export const hosts = (line: string) => look(line).commands.flatMap(({ hosts }) => hosts.map(part));
export const capabilities = (line: string) => look(line).commands.flatMap(({ capabilities }) => capabilities);
