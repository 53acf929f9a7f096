/** Requests to the Kubernetes API, written short. */
import type { KubeAction } from '../../../sidecar/action.ts';

/** `verb what namespace/name`, e.g. `delete pods/exec shop/web`; an empty part is `-`. */
export function request(text: string, changes: Partial<KubeAction> = {}): KubeAction {
  const [verb = '', what = '', place = '-/-'] = text.split(' ');
  const [resource = '', subresource = ''] = what.startsWith('/') ? [] : what.split('/');
  const [namespace = '', name = ''] = place.split('/').map((part) => (part === '-' ? '' : part));
  const path = what.startsWith('/') ? what : '';
  const info = {
    verb,
    group: '',
    version: path === '' ? 'v1' : '',
    resource,
    subresource,
    namespace,
    name,
    path,
  };
  return {
    kind: 'request',
    id: '00000000-0000-4000-8000-000000000001',
    method: 'GET',
    uri: '/',
    request: info,
    parameters: [],
    dryRun: false,
    client: {},
    body: null,
    scales: 'no',
    unknown: [],
    ...changes,
  };
}
