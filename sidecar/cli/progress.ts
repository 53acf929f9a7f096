/** A progress bar on stderr, for long work; silent where stderr is no terminal. */

const WIDTH = 24;
const EVERY_MS = 100;

export interface Progress {
  update(done: number, total: number): void;
  /** Takes the bar off the screen. */
  stop(): void;
}

export function progressBar(label: string, stream: NodeJS.WriteStream = process.stderr): Progress {
  if (!stream.isTTY) return { update() {}, stop() {} };
  let drawnAt = 0;
  return {
    update(done, total) {
      const now = Date.now();
      if (now - drawnAt < EVERY_MS && done < total) return;
      drawnAt = now;
      const share = total === 0 ? 1 : Math.min(1, done / total);
      const filled = Math.round(share * WIDTH);
      const bar = `${'█'.repeat(filled)}${'░'.repeat(WIDTH - filled)}`;
      stream.write(`\r${label} ${bar} ${String(Math.floor(share * 100)).padStart(3)} %\u001b[K`);
    },
    stop() {
      if (drawnAt > 0) stream.write('\r\u001b[K');
    },
  };
}
