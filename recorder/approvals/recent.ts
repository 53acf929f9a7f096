/** Which of those that are over are still shown: the latest, so many and so much of them. */
export const RECENT = { count: 500, bytes: 16 << 20 } as const;

export class Recent {
  /** The oldest first. */
  readonly #weights = new Map<string, number>();
  #bytes = 0;

  /** @returns those that have to give way to it */
  add(id: string, bytes: number): string[] {
    if (this.#weights.has(id)) return [];
    this.#weights.set(id, bytes);
    this.#bytes += bytes;
    const gone: string[] = [];
    for (const [oldest, weight] of this.#weights) {
      if (this.#weights.size <= RECENT.count && this.#bytes <= RECENT.bytes) break;
      this.#weights.delete(oldest);
      this.#bytes -= weight;
      gone.push(oldest);
    }
    return gone;
  }
}
