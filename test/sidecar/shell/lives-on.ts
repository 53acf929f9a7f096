import type { Test } from 'tap';
import type { Guarded } from './guarded.ts';
import { decisions } from './recorded.ts';

/**
 * A command runs, a refused one does not, and the shell lives on.
 * @param refused what is recorded as refused of `refused && echo BAD`, and the status that it leaves
 */
export async function livesOn(
  t: Test,
  shell: Guarded,
  refused: { recorded: string; status: number },
): Promise<void> {
  const { typist } = shell;
  t.match((await typist.line('echo he"l"lo')).shown, /\nhello\r\n/);
  const { shown, status } = await typist.line('refused && echo BAD');
  t.match(shown, /\nchaperone: refused by test\/refused: tests refuse it\r\n/);
  t.equal(status, refused.status);
  typist.type('exit 7\r');
  t.equal((await shell.ended).status, 7);
  t.same(await decisions(shell), [
    ['echo he"l"lo', true],
    [refused.recorded, false],
    ['exit 7', true],
  ]);
}
