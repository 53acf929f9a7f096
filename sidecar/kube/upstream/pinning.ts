/** A source whose credentials are masked wherever they would turn up: in what is stored, and in what the agent gets. */
import type { Vault } from '../../mask/vault.ts';
import type { Credentials, UpstreamSource } from './source.ts';

/** Former ones still open the server for a while. */
const KEPT = 4;
const EVERYWHERE = { record: true, agent: true };

export function pinning(source: UpstreamSource, vault: Vault): UpstreamSource {
  const pinned = new Map<string, () => void>();
  const pin = (secret: string) => {
    if (pinned.has(secret)) return;
    pinned.set(secret, vault.pin(secret, EVERYWHERE));
    for (const [former, release] of pinned) {
      if (pinned.size <= KEPT) return;
      pinned.delete(former);
      release();
    }
  };
  return {
    ...source,
    credentials: async (rejected) => {
      const credentials = await source.credentials(rejected);
      for (const secret of secretsOf(credentials)) pin(secret);
      return credentials;
    },
  };
}

/** The token or password, and the key of the client certificate. */
function secretsOf({ authorization, tls }: Credentials): string[] {
  const [, kind = '', word = ''] = /^(\S+)\s+(\S+)$/.exec(authorization ?? '') ?? [];
  const opened = kind.toLowerCase() === 'basic' ? Buffer.from(word, 'base64').toString() : word;
  const password = kind.toLowerCase() === 'basic' ? [opened.slice(opened.indexOf(':') + 1)] : [];
  return [word, ...password, tls.key ?? ''].filter((secret) => secret !== '');
}
