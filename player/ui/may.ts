import { useEffect, useState } from 'preact/hooks';
import type { Permission } from '../../recorder/server/authorize.ts';
import { whoAmI } from '../api.ts';

/** One answer for the whole page: whoever becomes somebody else loads it anew. */
let asked: Promise<ReadonlySet<Permission>> | null = null;

/**
 * What the reader may do to something or other; null until it is known. For leaving out what would be refused: the
 * server decides each time.
 */
export function useMay(): ReadonlySet<Permission> | null {
  const [may, setMay] = useState<ReadonlySet<Permission> | null>(null);
  useEffect(() => {
    asked ??= whoAmI().then((who) => new Set(who.may));
    asked.then(setMay, () => {
      asked = null;
    });
  }, []);
  return may;
}
