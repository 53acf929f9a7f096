/** Tells a shell that is started for its own sake from one that is given something to run. */
import type { SimpleCommand } from '../../action.ts';
import { literalWord, unknownWord } from '../words/fields.ts';
import { shellCode, shellNamed } from './shells.ts';

/** 2: it reads commands from its input; 1: that depends; 0: it does not. */
export function shellStarts({ program, argv, capabilities }: SimpleCommand): 0 | 1 | 2 {
  if (program === null || shellNamed(program) === null) return 0;
  const words = argv.map((word) => (word === null ? unknownWord('') : literalWord(word)));
  const { from } = shellCode(words);
  if (from === 'unknown') return 1;
  return from === 'stdin' && capabilities.includes('stdin-script') ? 2 : 0;
}
