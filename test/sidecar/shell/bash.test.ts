/** What a guarded bash does: real bash, real terminal. */
import t from 'tap';
import { guarded } from './guarded.ts';

t.test('a command runs, a refused one does not, and the shell lives on', async (t) => {
  const shell = await guarded(t, { request: { kind: 'shell', shell: 'bash' } });
  const { typist } = shell;
  await typist.sees(/\$ /);
  typist.type('echo he"l"lo\r');
  await typist.sees(/\nhello\r\n/);
  await typist.sees(/\$ /);
  typist.type('refused && echo BA"D"\r');
  await typist.sees(/chaperone: refused by test\/refused: tests refuse it/);
  await typist.sees(/\$ /);
  typist.type('echo status $?\r');
  await typist.sees(/status 130/);
  typist.type('exit 7\r');
  t.equal((await shell.ended).status, 7);
  const decided = (await shell.events()).flatMap(({ event: { body } }) =>
    body.type === 'command.decided' ? [[body.line, body.allowed]] : [],
  );
  t.same(decided, [
    ['echo he"l"lo', true],
    ['refused', false],
    ['echo status $?', true],
    ['exit 7', true],
  ]);
  t.notMatch(typist.shown, /BAD/);
});
