/** Values as an expression sees them, made within a budget: what is too large to look through is not known. Pure. */

/** Anything that JSON can say, and whole numbers. */
export type Value = null | boolean | number | bigint | string | readonly Value[] | ReadonlyMap<string, Value>;

/** Weight of all that one expression may look at: values, and their text by the eighth part of its length. */
export const HEAVIEST = 100_000;
const DEEPEST = 100;

export class TooHeavy extends Error {}

/** Counts what is made, so that the cost of going through it can be bounded. */
export class Scales {
  weight = 0;

  /** A member that is undefined is left out. @throws TooHeavy */
  valueOf(given: unknown, depth = 0): Value {
    this.#add(1);
    if (depth > DEEPEST) throw new TooHeavy();
    switch (typeof given) {
      case 'string':
        this.#add(given.length >> 3);
        return given;
      case 'number':
        // CEL's numbers without a fraction are of another kind, and Kubernetes means that kind.
        return Number.isSafeInteger(given) ? BigInt(given) : given;
      case 'boolean':
      case 'bigint':
        return given;
      case 'object':
        return given === null ? null : this.#composed(given, depth);
      default:
        throw new TypeError(`${typeof given} is no value`);
    }
  }

  #composed(given: object, depth: number): Value {
    if (Array.isArray(given)) return given.map((one) => this.valueOf(one, depth + 1));
    // A map, for a name like __proto__ is one like others in it.
    const map = new Map<string, Value>();
    for (const [name, member] of Object.entries(given)) {
      if (member === undefined) continue;
      this.#add(name.length >> 3);
      map.set(name, this.valueOf(member, depth + 1));
    }
    return map;
  }

  #add(weight: number): void {
    this.weight += weight;
    if (this.weight > HEAVIEST) throw new TooHeavy();
  }
}
