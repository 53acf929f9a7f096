/** Tells other systems of approvals, where `DATA/webhooks.yaml` says whom. */
import type { Trouble } from '../../recorder/server/api.ts';
import { Webhooks, type WebhooksOptions } from '../../recorder/webhooks/webhooks.ts';
import { readWebhooks } from './webhooks-file.ts';

export interface Telling {
  troubles(): Trouble[];
  close(): Promise<void>;
}

type Ports = Pick<WebhooksOptions, 'desk' | 'archive' | 'data' | 'clock'>;

/**
 * @param page where people open the page, unless the file says it
 * @throws ChaperoneError where the file is wrong: nothing starts that was meant to tell somebody and would not
 */
export async function startTelling(ports: Ports, page: string): Promise<Telling | null> {
  const settings = await readWebhooks(ports.data);
  if (settings === null) return null;
  const { targets, externalUrl } = settings;
  const say = (line: string) => void process.stderr.write(`chaperone: ${line}\n`);
  const webhooks = await Webhooks.start({ ...ports, targets, page: externalUrl?.href ?? page, say });
  return {
    troubles: () => webhooks.troubles().map((message) => ({ what: 'webhook', message })),
    close: () => webhooks.close(),
  };
}
