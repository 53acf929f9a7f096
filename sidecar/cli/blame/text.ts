/** Chains as a person reads them in a terminal. Pure but for colours. */
import type { Blame, Chain, Finding, Link } from '../../../recorder/attribution/chain.ts';
import { FINDINGS } from '../../../recorder/attribution/chain.ts';
import { LINKS, RESTS } from '../../../recorder/attribution/words.ts';
import { SIGNS } from '../../../recorder/export/line-diff.ts';
import { clip, formatTime, paint, table, visible } from '../format.ts';

const WIDTH = 72;
/** Lines of a difference. */
const MOST_LINES = 20;

/** @param base where a browser finds the recorder; null where none runs */
export function blameText({ chains, more }: Blame, base: string | null): string {
  const rest = more ? 'There may be older ones: --limit, or --since, shows more.\n' : '';
  return `${chains.map((chain) => chainText(chain, base)).join('\n')}${rest}`;
}

function chainText({ at, outcome, links, sent, changed, findings }: Chain, base: string | null): string {
  const head = `${formatTime(at)}  ${outcome === 'done' ? paint('green', 'done') : paint('red', outcome)}\n`;
  const rows = links.map((link) => ['', LINKS[link.kind], textOf(link), restsOf(link), placeOf(link, base)]);
  const diff = changed ?? [];
  const lines = diff
    .slice(0, MOST_LINES)
    .map(({ kind, text }) => `    ${SIGNS[kind]} ${clip(visible(text), 2 * WIDTH)}\n`);
  const cut = diff.length > MOST_LINES ? [`    ${diff.length - MOST_LINES} lines more\n`] : [];
  const body = sent === undefined ? '' : `    sent ${clip(visible(sent), 2 * WIDTH)}\n`;
  return [head, table(rows), body, ...lines, ...cut, ...findings.map((one) => findingText(one, base))].join(
    '',
  );
}

function textOf({ text }: Link): string {
  return clip(visible(text), WIDTH);
}

function restsOf({ basis, others }: Link): string {
  const many = others === undefined ? '' : `; or one of ${others} others`;
  return `(${RESTS[basis]}${many})`;
}

/** As the page reads it, or as `chaperone show` does. */
export function placeOf(
  { session, seq, into }: Pick<Link, 'session' | 'seq' | 'into'>,
  base: string | null,
): string {
  const seconds = (Math.floor(into / 100_000) / 10).toString();
  return base === null ? `${session}#${seq}` : `${base}/sessions/${session}?t=${seconds}`;
}

export function findingText(finding: Finding, base: string | null): string {
  const { code, text } = finding;
  const words = `${FINDINGS[code]}: ${clip(visible(text), WIDTH)}`;
  return `  ${paint('red', `! ${words}`)}  ${placeOf(finding, base)}\n`;
}
