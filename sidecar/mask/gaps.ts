/** Where bytes that are passed over stand between those that are looked at. Pure. */
export class Gaps {
  /** From this place on, counted without what is passed over, … */
  readonly #ats: number[] = [];
  /** … the place among all bytes is that much further. */
  readonly #shifts: number[] = [];

  /** Places have to grow; of several shifts at one place the last counts. */
  add(at: number, shift: number): void {
    const last = this.#ats.length - 1;
    if (this.#ats[last] === at) this.#shifts[last] = shift;
    else {
      this.#ats.push(at);
      this.#shifts.push(shift);
    }
  }

  /** The place among all bytes: behind what is passed over there. */
  raw(at: number): number {
    let low = 0;
    for (let high = this.#ats.length; low < high; ) {
      const middle = (low + high) >> 1;
      if (this.#ats[middle]! <= at) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? at : at + this.#shifts[low - 1]!;
  }
}
