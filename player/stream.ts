/** Bodies that come line by line, read as they arrive. */

/** Thrown where a body ends before its end. */
export class BrokenOff extends Error {
  override readonly name = 'BrokenOff';

  constructor(options?: ErrorOptions) {
    super('The connection to the recorder broke off before everything had come.', options);
  }
}

/**
 * The text of a body, each part one or more whole lines. A last line without its newline is torn, and left out.
 * Whoever stops reading cancels the rest.
 * @throws BrokenOff
 */
export async function* wholeLines(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  let rest = '';
  for await (const text of decoded(body)) {
    const end = text.lastIndexOf('\n') + 1;
    if (end > 0) yield rest + text.slice(0, end);
    rest = end > 0 ? text.slice(end) : rest + text;
  }
}

async function* decoded(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(explain);
      if (done) return;
      yield decoder.decode(value, { stream: true });
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** A browser calls it a TypeError, with words of its own. */
function explain(error: Error): never {
  throw error.name === 'AbortError' ? error : new BrokenOff({ cause: error });
}
