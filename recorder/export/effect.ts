/** What a request would do, in one line. Not made safe to show. Pure. */
import type { RequestEffect } from '../audit/request.ts';

export function effectText(effect: RequestEffect): string {
  switch (effect.kind) {
    case 'change': {
      const { uid, places, withheld } = effect;
      if (uid === '') return `creates an object${rest(withheld)}`;
      if (places === 0) return 'changes nothing but what the server keeps for itself';
      return `changes ${places === 1 ? 'one place' : `${places} places`} of object ${uid}${rest(withheld)}`;
    }
    case 'deletion':
      return `deletes object ${effect.uid}${rest(effect.withheld)}`;
    case 'collection': {
      const { count, more } = effect;
      if (count === 0) return 'deletes nothing that is there now';
      return `deletes ${more ? `more than ${count}` : count} ${count === 1 && !more ? 'object' : 'objects'}`;
    }
    case 'pod':
      return `reaches pod ${effect.uid}`;
    case 'unknown':
      return `what it would do is not known: ${effect.why}`;
  }
}

function rest(withheld: string | undefined): string {
  return withheld === undefined ? '' : `; it is not shown: ${withheld}`;
}
