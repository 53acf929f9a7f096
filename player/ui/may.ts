import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Permission } from '../../recorder/server/authorize.ts';
import { type WhoAmI, whoAmI } from '../api.ts';

/** One answer for the whole page: whoever becomes somebody else loads it anew. */
let asked: Promise<WhoAmI> | null = null;

/** Who reads this page; null until that is known. */
export function useWho(): WhoAmI | null {
  const [who, setWho] = useState<WhoAmI | null>(null);
  useEffect(() => {
    asked ??= whoAmI();
    asked.then(setWho, () => {
      asked = null;
    });
  }, []);
  return who;
}

/**
 * What the reader may do to something or other; null until it is known. For leaving out what would be refused: the
 * server decides each time.
 */
export function useMay(): ReadonlySet<Permission> | null {
  const who = useWho();
  return useMemo(() => who && new Set(who.may), [who]);
}
