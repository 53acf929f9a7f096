/** A browser without a page: cookies as RFC 6265 has them as far as signing in needs it, and no redirect unseen. */
import { request } from 'node:http';

export interface Answer {
  status: number;
  location: string | null;
  cookies: string[];
  text: string;
}

interface Sent {
  method?: string | undefined;
  headers?: object | undefined;
  body?: string | undefined;
}

export class Jar {
  readonly #cookies = new Map<string, { name: string; value: string; host: string; path: string }>();

  /** One request, with the cookies that are for it. */
  async get(url: string | URL, { method, headers, body }: Sent = {}): Promise<Answer> {
    const to = new URL(url);
    const cookie = this.#for(to);
    const answer = await ask(to, { method, headers: { ...(cookie !== '' && { cookie }), ...headers }, body });
    for (const line of answer.cookies) this.set(to, line);
    return answer;
  }

  /** Follows redirects until there is none, or `stop` says so of the next address. */
  async follow(
    url: string | URL,
    stop: (next: URL) => boolean = () => false,
  ): Promise<Answer & { url: URL }> {
    let at = new URL(url);
    for (let step = 0; step < 20; step += 1) {
      const answer = await this.get(at);
      if (answer.location === null) return { ...answer, url: at };
      at = new URL(answer.location, at);
      if (stop(at)) return { ...answer, url: at };
    }
    throw new Error('redirected without end');
  }

  /** Sends the form of a page, as it is, and follows to the next page. */
  async submit(url: URL, page: string, fields: Record<string, string> = {}): Promise<Answer & { url: URL }> {
    const action = new URL(/action="([^"]*)"/.exec(page)?.[1] ?? '', url);
    const inputs = [...page.matchAll(/<input[^>]*name="(\w+)"[^>]*value="([^"]*)"/g)];
    const form = { ...Object.fromEntries(inputs.map(([, name, value]) => [name, value])), ...fields };
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const body = new URLSearchParams(form).toString();
    const answer = await this.get(action, { method: 'POST', headers, body });
    return answer.location === null
      ? { ...answer, url: action }
      : this.follow(new URL(answer.location, action));
  }

  set(url: URL, line: string): void {
    const [pair = '', ...attributes] = line.split(/;\s*/);
    const [name = '', value = ''] = pair.split('=', 2);
    const path = /path=([^;]*)/i.exec(attributes.join(';'))?.[1] ?? '/';
    const key = `${url.hostname} ${path} ${name}`;
    if (/max-age=0\b|expires=thu, 01 jan 1970/i.test(attributes.join(';'))) this.#cookies.delete(key);
    else this.#cookies.set(key, { name, value, host: url.hostname, path });
  }

  /** The Cookie header for an address. */
  of(url: string | URL): string {
    return this.#for(new URL(url));
  }

  /** The one that proves a login at the recorder of that port, as name and value. */
  login(port: number): string {
    return /chaperone-\d+=[^;]*/.exec(this.of(`http://127.0.0.1:${port}`))?.[0] ?? '';
  }

  #for({ hostname, pathname }: URL): string {
    return [...this.#cookies.values()]
      .filter(({ host, path }) => host === hostname && pathname.startsWith(path))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
  }
}

function ask(url: URL, { method, headers, body }: Sent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      { method: method ?? 'GET', headers: { ...headers }, agent: false },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            location: response.headers.location ?? null,
            cookies: response.headers['set-cookie'] ?? [],
            text,
          }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
