/**
 * Bytes of one direction of a terminal to text.
 *
 * A read may end in the middle of a character: the first bytes wait for the rest of it. What can never
 * become a character turns into U+FFFD, one for each maximal subpart (Unicode §3.9, as in the WHATWG
 * Encoding Standard). Each direction needs a decoder of its own, or their bytes would mix.
 *
 *     read 1: 61 e2 94     read 2: 80 62        (61, e2 94 80, 62 = "a─b")
 *     write → "a"          write → "─b"
 */
export class Utf8Decoder {
  // ignoreBOM: a U+FEFF that a program prints is output like any other
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });

  /** The text that is complete so far; empty where the bytes only began a character. */
  write(bytes: Uint8Array): string {
    return this.#decoder.decode(bytes, { stream: true });
  }

  /** U+FFFD if the bytes ended inside a character, otherwise empty. The decoder is as new afterwards. */
  end(): string {
    return this.#decoder.decode();
  }
}
