/** What the name of a program tells is told once: it may take many expressions, and scripts call the same few programs. */

/** Names remembered, and how long they may be: they come from outside. */
const MOST = 1024;
const LONGEST = 64;

/** The same function with its answers to the names that were asked for last. */
export function byName<T>(tell: (name: string) => T): (name: string) => T {
  const known = new Map<string, T>();
  return (name) => {
    const answer = known.get(name);
    if (answer !== undefined || known.has(name)) return answer as T;
    const told = tell(name);
    if (name.length > LONGEST) return told;
    if (known.size >= MOST) known.clear();
    known.set(name, told);
    return told;
  };
}
