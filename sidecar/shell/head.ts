/**
 * bash's DEBUG trap shows the head of a compound command alone (`for i in a b`), which no parser takes for a
 * whole. Here it gets an empty body, so that the words in it can be judged; its real body is judged command
 * by command as it runs. Pure.
 */
const LOOP = /^(?:for|select) [A-Za-z_]\w*(?: in\b|$)/;
const ARITHMETIC_FOR = /^for \(\(.*\)\)$/s;
const CASE = /^case .* in $/s;

export function completeHead(text: string): string {
  if (LOOP.test(text) || ARITHMETIC_FOR.test(text)) return `${text}; do :; done`;
  if (CASE.test(text)) return `${text}esac`;
  return text;
}
