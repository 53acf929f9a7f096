/** Real shells on a real terminal: what is read off their screens, and that what is refused does not run. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { needs } from '../../../../tool.ts';
import { policy } from '../script/judging.ts';
import { Person } from './terminal.ts';

t.setTimeout(600_000);

const SHELLS: Record<string, string[]> = {
  bash: ['bash', '--norc', '--noprofile', '-i'],
  zsh: ['zsh', '-f', '-i'],
  dash: ['dash', '-i'],
};
/** Not `PROMPT`: what a shell prints, and not what is typed. */
const READY = 'ready$ ';

function sit(t: Test, shell: string, unknown: 'allow' | 'deny' = 'allow') {
  const root = t.testdir({ bin: {}, work: {} });
  const log = join(root, 'log');
  for (const name of ['allowed', 'forbidden']) {
    writeFileSync(join(root, 'bin', name), `#!/bin/sh\necho "${name} $*" >> "$LOG"\necho done-$1\n`);
    chmodSync(join(root, 'bin', name), 0o755);
  }
  const env = {
    ...{ PATH: `${join(root, 'bin')}:/usr/bin:/bin`, HOME: root, LOG: log, LC_ALL: 'C.UTF-8' },
    ...{ PS1: READY, TERM: 'xterm-256color', HISTFILE: '' },
  };
  const person = new Person(t, SHELLS[shell]!, { policy: policy(unknown), env, cwd: join(root, 'work') });
  return { person, ran: () => (existsSync(log) ? readFileSync(log, 'utf8') : '') };
}

for (const shell of Object.keys(SHELLS)) {
  t.test(`${shell}: lines are read, and a refused one is given up`, async (t) => {
    if (!needs(t, shell)) return;
    const { person, ran } = sit(t, shell, 'deny');
    await person.sees(READY);
    await person.keys(...'allowed one', '\r');
    await person.sees('done-one');
    await person.sees(READY);
    await person.type('allowed two\r');
    await person.sees('done-two');
    await person.sees(READY);
    await person.keys(...'forbidden x', '\r');
    await person.sees(READY);
    await person.type(`allowed ${'long '.repeat(20)}end; true\n`);
    await person.sees('done-long');
    t.same(person.lines(), [
      ['allowed one', []],
      ['allowed two', []],
      ['forbidden x', []],
      [`allowed ${'long '.repeat(20)}end; true`, []],
    ]);
    t.match(person.notices, [/refused by test\/no: not that/]);
    t.equal(person.notices.length, 1);
    t.equal(ran(), `allowed one\nallowed two\nallowed ${'long '.repeat(20)}end\n`);
  });

  t.test(`${shell}: what is typed blindly is not read, and not recorded`, async (t) => {
    if (!needs(t, shell)) return;
    const { person } = sit(t, shell);
    await person.sees(READY);
    await person.type('stty -echo; echo; echo blind; read x; stty echo; allowed "$x"\r');
    await person.sees(/\nblind/);
    await person.type('secret');
    await person.type('\r');
    await person.sees('done-secret');
    t.same(person.lines()[1], ['', ['what was typed was not shown']]);
    t.notMatch(JSON.stringify(person.decided), 'secret');
  });
}

for (const shell of ['bash', 'zsh']) {
  t.test(`${shell}: a line that was edited, completed or called back is read as it stands`, async (t) => {
    if (!needs(t, shell)) return;
    const { person, ran } = sit(t, shell);
    await person.sees(READY);
    await person.keys(...'forbiddem', '\x7f', ...'n x', '\r');
    await person.sees(READY);
    await person.keys(...'den x', '\x01', ...'forbid', '\r');
    await person.sees(READY);
    await person.keys(...'forb', '\t', ...'y', '\r');
    await person.sees(READY);
    await person.keys(...'allowed forbidden', '\r');
    await person.sees('done-forbidden');
    await person.sees(READY);
    await person.keys('\x1b[A', '\x01', '\x04', '\x04', '\x04', '\x04', '\x04', '\x04', '\x04', '\x04');
    await person.reads(`${READY}forbidden`);
    await person.keys('\r');
    await person.sees(READY);
    await person.keys(...'clear', '\r');
    await person.sees(READY);
    await person.keys(...'forb', '\x0c', ...'idden z', '\r');
    await person.sees(READY);
    t.same(
      person.lines().map(([line]) => line.trim()),
      ['forbidden x', 'forbidden x', 'forbidden y', 'allowed forbidden', 'forbidden', 'clear', 'forbidden z'],
    );
    t.equal(person.notices.length, 5);
    t.equal(ran(), 'allowed forbidden\n');
  });

  t.test(`${shell}: what the screen cannot tell is unknown`, async (t) => {
    if (!needs(t, shell)) return;
    const { person, ran } = sit(t, shell);
    await person.sees(READY);
    await person.keys(...'allowed 1 # forbidden', '\r');
    await person.sees('done-1');
    await person.sees(READY);
    await person.keys('\x12', ...'1 # f', '\r');
    await person.sees('done-1');
    await person.sees(READY);
    await person.type('allowed 2\rallowed 3\r');
    await person.sees('done-3');
    await person.sees(READY);
    await person.type('\x1b[200~allowed 4\nallowed 5\x1b[201~');
    await person.type('\r');
    await person.sees('done-5');
    await person.sees(READY);
    await person.type('allowed !!\r');
    await person.sees(READY);
    await person.keys(...'cat <<E', '\r', ...'text', '\r', 'E', '\r');
    await person.sees(READY);
    const doubted = person.lines().map(([line, doubts]) => [line, doubts.length > 0]);
    t.match(doubted, [
      ['allowed 1 # forbidden', false],
      [/allowed 1 # forbidden/, true],
      ['allowed 2', false],
      ['allowed 3', true],
      [/allowed 4\nallowed 5/, true],
      ['allowed !!', true],
      ['cat <<E', false],
      ['text', true],
      ['E', true],
    ]);
    t.match(ran(), /allowed 1.*allowed 2\nallowed 3\nallowed 4\nallowed 5\n/s);
  });
}
