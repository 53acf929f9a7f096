/** What the PTY benchmark sends over a terminal: two texts, the same in each run. */
import { closeSync, openSync, writeSync } from 'node:fs';

export type Corpus = 'seq' | 'log';
export const NAMES: Record<Corpus, string> = { seq: 'seq lines', log: '100-column log text' };

const MESSAGES = [
  'INFO  http: GET /api/v1/namespaces/default/pods 200',
  'INFO  http: POST /api/v1/events 201',
  'INFO  http: GET /healthz 200',
  'DEBUG cache: hit for key session',
  'DEBUG cache: miss for key session, asking the backend',
  'INFO  worker: job taken from the queue',
  'INFO  worker: job done',
  'WARN  upstream: slow answer, trying the next one',
  'ERROR upstream: connection reset by peer, will retry',
  'INFO  lease: renewed for another fifteen seconds',
];

/** Lines as a service writes them: a time that goes on, one of a few messages, a number or two. A small seeded generator. */
function* logLines(): Generator<string> {
  let state = 1;
  const next = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  for (let ms = Date.UTC(2025, 0, 1); ; ms += next(40)) {
    const message = MESSAGES[Math.min(next(MESSAGES.length), next(MESSAGES.length))];
    yield `${`${new Date(ms).toISOString()} ${message} id=${next(5000)} took ${next(300)} ms`.padEnd(99, '.').slice(0, 99)}\n`;
  }
}

function* seqLines(): Generator<string> {
  for (let i = 1; ; i++) yield `${i}\n`;
}

const LINES: Record<Corpus, () => Generator<string>> = { seq: seqLines, log: logLines };

/** Writes about `bytes` of it, in whole lines. */
export function writeCorpus(corpus: Corpus, path: string, bytes: number): void {
  const lines = LINES[corpus]();
  const file = openSync(path, 'w');
  let size = 0;
  while (size < bytes) {
    let text = '';
    while (text.length < 1 << 20) text += lines.next().value;
    size += writeSync(file, text);
  }
  closeSync(file);
}
