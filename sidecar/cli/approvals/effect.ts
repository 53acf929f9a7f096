/** What a request that waits would do, for a terminal. */
import type { RequestEffect } from '../../../recorder/audit/request.ts';
import { effectText as effectLine } from '../../../recorder/export/effect.ts';
import { type Line, objectDiff, SIGNS } from '../../../recorder/export/line-diff.ts';
import type { AskedEffect } from '../../../recorder/server/api.ts';
import { paint, visible } from '../format.ts';

export function effectSummary(effect: RequestEffect): string {
  return visible(effectLine(effect));
}

/** Whether there is more to be shown than the line. */
export function isShown(effect: RequestEffect | undefined): boolean {
  const detailed = effect?.kind === 'change' || effect?.kind === 'deletion' || effect?.kind === 'collection';
  return detailed && !('withheld' in effect);
}

/** The lines that would change, or the names of what would be deleted. */
export function effectText(effect: AskedEffect): string {
  if ('names' in effect) return effect.names.map((name) => `  ${visible(name)}\n`).join('');
  const lines = objectDiff(effect.before, effect.after);
  if (lines !== null) return lines.map(lineText).join('');
  const whole = (object: unknown) => JSON.stringify(object, null, 2).split('\n').map(visible).join('\n');
  return `before: ${whole(effect.before)}\nafter: ${whole(effect.after)}\n`;
}

const COLOURS = { added: 'green', removed: 'red', same: null, gap: null } as const;

function lineText({ kind, text }: Line): string {
  const line = `${SIGNS[kind]} ${visible(text)}`;
  const colour = COLOURS[kind];
  return `${colour === null ? line : paint(colour, line)}\n`;
}
