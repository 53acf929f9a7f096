import type { Basis } from '../../recorder/attribution/chain.ts';
import { RESTS } from '../../recorder/attribution/words.ts';

/** What a step rests on, in words and by its colour. */
export function Rests({
  basis,
  proof,
  others = 0,
}: {
  basis: Basis;
  proof: string;
  others?: number | undefined;
}) {
  const many = others > 0 ? `; or one of ${others} others` : '';
  return (
    <span class={`rests ${proof}`}>
      {RESTS[basis]}
      {many}
    </span>
  );
}
