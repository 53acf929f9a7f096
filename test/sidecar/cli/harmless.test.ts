import xterm from '@xterm/headless';
import t from 'tap';
import { Harmless } from '../../../sidecar/cli/harmless.ts';

const shownOf = (...pieces: string[]): string => {
  const filter = new Harmless();
  return pieces.map((piece) => filter.write(piece)).join('');
};

/** CAN stands for a string, and its end, `ESC \`, may be left; before CAN, what it cancels. None does anything. */
const bare = (text: string): string => text.replaceAll(/\u001b*\u0018|\u001b\\/g, '');

const STRINGS = {
  'clipboard, BEL': '\u001b]52;c;cm0gLXJmIH4=\u0007',
  'clipboard, ST': '\u001b]52;c;cm0gLXJmIH4=\u001b\\',
  'clipboard, C1': '\u009d52;c;cm0gLXJmIH4=\u009c',
  'clipboard, a control inside its introducer': '\u001b\u0000\u0007]52;c;cm0gLXJmIH4=\u0007',
  'a string in a string': '\u001b]0;x\u001b]52;c;cm0gLXJmIH4=\u0007',
  'keys of a VT220': '\u001bP1;1|17/6c73\u001b\\',
  'a tmux passthrough': '\u001bPtmux;\u001b\u001b]52;c;cm0gLXJmIH4=\u0007\u001b\\',
  'what stands around a string, put together': '\u001b\u009dx\u009c\u0018',
  'APC, PM, SOS': '\u001b_Ga=T;AAAA\u001b\\\u001b^x\u001b\\\u001bXx\u001b\\',
};

t.test('control strings are left out, however they are cut', async (t) => {
  for (const [name, text] of Object.entries(STRINGS)) {
    const whole = `a${text}b`;
    t.equal(bare(shownOf(whole)), 'ab', name);
    t.equal(bare(shownOf(...whole)), 'ab', `${name}, unit by unit`);
    for (let at = 1; at < whole.length; at += 1)
      if (bare(shownOf(whole.slice(0, at), whole.slice(at))) !== 'ab') t.fail(`${name}, cut at ${at}`);
  }
});

t.test('a string without an end hides what follows, as in a terminal, and is not held', async (t) => {
  t.equal(bare(shownOf('a\u001b]0;', 'x'.repeat(1000), '\u0018b')), 'ab', 'CAN ends it');
});

t.test('everything else passes as it is', async (t) => {
  for (const text of [
    'plain é 漢字\r\n',
    '\u001b[1;38:2::1:2:3m\u001b[0m\u001b[?1049h\u001b[2J',
    '\u001b(0lqk\u001b(B\u001b7\u001b8\u001bM\u001bc',
    '\u0007\u0008\t',
  ]) {
    t.equal(shownOf(text), text);
    t.equal(shownOf(...text), text);
  }
});

t.test('what is left cannot be put together to another one', async (t) => {
  t.equal(shownOf('\u001b\u009dx\u009c]52;c;AAAA\u0007'), '\u001b\u0018]52;c;AAAA\u0007');
  t.equal(shownOf('\u001b\u001b]x\u0007]52;c;AAAA\u0007'), '\u001b\u0018]52;c;AAAA\u0007');
  const filter = new Harmless();
  const atoms = ['\u001b', ']', 'P', '\\', '\u0007', '\u009d', '\u009c', '\u0018', 'x', '[', '\u0000'];
  const terminal = new xterm.Terminal({ cols: 80, rows: 4, allowProposedApi: true });
  let obeyed = 0;
  const obey = (): boolean => {
    obeyed += 1;
    return true;
  };
  for (const code of [0, 1, 2, 52, 777]) terminal.parser.registerOscHandler(code, obey);
  terminal.parser.registerDcsHandler({ final: 'x' }, obey);
  // Every sequence of four atoms before a clipboard string, as a real parser reads what is left of them.
  for (let n = 0; n < atoms.length ** 4; n += 1) {
    const prefix = [0, 1, 2, 3]
      .map((digit) => atoms[Math.floor(n / atoms.length ** digit) % atoms.length])
      .join('');
    terminal.write(filter.write(`${prefix}]52;c;AAAA\u0007\u001b]52;c;AAAA\u001b\\\u0018`));
  }
  await new Promise<void>((resolve) => terminal.write('', resolve));
  t.equal(obeyed, 0);
});
