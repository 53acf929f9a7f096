/** Who may read the terminal, as /proc/PID/stat tells it. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { inForeground } from '../../../sidecar/cli/foreground.ts';

t.test('the group that the terminal is given to', async (t) => {
  const stat = (pgrp: number, tpgid: number, name = 'node') =>
    `71 (${name}) S 70 ${pgrp} 60 34816 ${tpgid} 4194304 0 0`;
  t.equal(inForeground(stat(71, 71)), true);
  t.equal(inForeground(stat(71, 60)), false, 'started with &');
  t.equal(inForeground(stat(71, 60, 'a) S 1 60 (b')), false, 'whatever its name is');
  t.equal(inForeground(stat(71, -1)), true, 'no controlling terminal: nobody stops it');
  t.equal(inForeground(stat(71, 0)), true, 'the group is of another PID namespace');
  t.equal(inForeground(''), true, 'no /proc');
});

t.test('the file is as that says', async (t) => {
  const [pid, rest] = readFileSync('/proc/self/stat', 'latin1').split(' (');
  t.equal(Number(pid), process.pid);
  t.equal(Number(rest?.split(') ')[1]?.split(' ')[1]), process.ppid);
});
