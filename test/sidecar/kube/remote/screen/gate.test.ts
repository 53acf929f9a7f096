/** What is read off the captured terminal session, and off screens that are not well meant. */
import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import { readParameters } from '../../../../../sidecar/kube/remote/parameters.ts';
import { Screen } from '../../../../../sidecar/kube/remote/screen/screen.ts';
import type { Passage } from '../../../../../sidecar/kube/remote/stdin.ts';
import { ChannelPeer } from '../../../../../sidecar/kube/wire/remotecommand/channels.ts';
import type { RemoteEvent } from '../../../../../sidecar/kube/wire/remotecommand.ts';
import { conversation } from '../../../../kube-captures/capture.ts';
import { policy } from '../script/judging.ts';
import { screenGate } from './terminal.ts';

const LENIENT = policy('allow', 'rm');
const REQUESTED = readParameters({
  parameters: ['stdin', 'stdout', 'tty'].map((name) => [name, 'true'] as const),
});

/** What the gate lets through of the captured session, told again in its order. */
async function replay() {
  const { gate, decided } = screenGate(LENIENT);
  const peers = {
    client: new ChannelPeer('v5.channel.k8s.io', { from: 'client', requested: REQUESTED }, () =>
      randomBytes(4),
    ),
    server: new ChannelPeer('v5.channel.k8s.io', { from: 'server', requested: REQUESTED }, () =>
      randomBytes(4),
    ),
  };
  const notices: string[] = [];
  let passed = '';
  const type = async (data: Buffer) => {
    for (let rest: Uint8Array | undefined = data; rest !== undefined; ) {
      const { pass, notice, again } = await gate.write(rest);
      passed += Buffer.from(pass).toString('latin1');
      if (notice !== undefined) notices.push(notice);
      rest = again;
    }
  };
  const handle = async (event: RemoteEvent) => {
    if (event.kind === 'resize') await gate.resized(event.size);
    if (event.kind !== 'data') return;
    if (event.channel === 'stdin') await type(event.data);
    if (event.channel === 'stdout') await gate.shown(event.data);
  };
  const said = conversation('websocket-exec-tty', 'conn-01');
  for (let next = said.shift(); next !== undefined; next = said.shift()) {
    let done = false;
    const told = (async (events) => {
      for (const event of events) await handle(event);
      done = true;
    })(peers[next.from].receive(next.bytes));
    // A key may have been typed before the answer to the one before it.
    while (!done && said[0]?.from === 'server') {
      await Promise.race([told, setTimeout(100)]);
      if (!done) for (const event of peers.server.receive(said.shift()!.bytes)) await handle(event);
    }
    await told;
  }
  await gate.end();
  return { passed, notices, decided };
}

t.test('the captured session: editing, history, completion, search, paste, here-document, rm', async (t) => {
  const { passed, notices, decided } = await replay();
  const lines = decided.map(({ action, ok }) => [
    action.line,
    ok,
    action.unknown.map(({ message }) => message),
  ]);
  t.strictSame(lines, [
    ['echo hello', true, []],
    ['echo edited', true, []],
    ['echo edited', true, []],
    ['ls /etc/hostname', true, []],
    ['echo edited', true, ['a search in the history is accepted']],
    ['echo pasted one\necho pasted two', true, ['several lines were pasted']],
    ['cat <<X', true, []],
    ['line1', true, ['it goes on with a line before, or belongs to no shell']],
    ['X', true, ['it goes on with a line before, or belongs to no shell']],
    ['rm -rf /tmp/victim', false, []],
    [
      'python3 -c "print(1)" || perl -e "print 2"',
      true,
      ['the code of python3 is not read', 'the code of perl is not read'],
    ],
    ['stty -a | head -1', true, []],
    ['exit 5', true, []],
  ]);
  t.match(notices, [/^\r\nchaperone: refused by test\/no: not that$/]);
  t.ok(passed.includes('rm -rf /tmp/victim\x03python3'), 'Enter became Ctrl-C, and the rest went on');
});

async function answer(output: string, ...typed: string[]) {
  const { gate, decided } = screenGate(LENIENT);
  await gate.shown(Buffer.from(output));
  let pass = '';
  for (const keys of typed) {
    for (let rest: Uint8Array | undefined = Buffer.from(keys); rest !== undefined; ) {
      const passage: Passage = await gate.write(rest);
      pass += Buffer.from(passage.pass).toString('latin1');
      rest = passage.again;
    }
    if (keys !== '\r') await gate.shown(Buffer.from(keys));
  }
  return { pass, decided };
}

t.test('a screen that is not a shell at its prompt', async (t) => {
  for (const [name, prompt, keys, doubt] of [
    ['another program', '>>> ', 'rm x', /not one of a shell/],
    ['no prompt', '', 'rm x', /not one of a shell/],
    ['continuation', '> ', 'rm x', /goes on with a line before/],
    ['history', '$ ', 'rm !!', /history/],
    ['text behind the cursor', '$ \x1b7        etc\x1b8', 'rm x', /behind the cursor/],
    ['text below', '$ \x1b7\r\n\r\nmore\x1b8', 'rm x', /below the line/],
  ] as const) {
    const { pass, decided } = await answer(prompt, keys, '\r');
    t.equal(decided.length, 1, name);
    t.match(decided[0]?.action.unknown.map(({ message }) => message).join(), doubt, name);
    t.equal(pass.at(-1), '\x03', 'what it looks like is judged all the same');
  }
});

t.test('a full-screen program: decided once, and again when it comes back', async (t) => {
  const { gate, decided } = screenGate(LENIENT);
  const enter = async () => Buffer.from((await gate.write(Buffer.from('\r'))).pass).toString();
  await gate.shown(Buffer.from('$ \x1b[?1049h\x1b[H~ vi'));
  await gate.write(Buffer.from('x'));
  t.equal(await enter(), '\r');
  await gate.write(Buffer.from(':w'));
  t.equal(await enter(), '\r');
  t.equal(decided.length, 1);
  t.match(decided[0]?.action, { line: '', unknown: [{ message: /full-screen/ }] });
  await gate.shown(Buffer.from('\x1b[?1049l$ '));
  await gate.shown(Buffer.from('\x1b[?1049h~'));
  await gate.write(Buffer.from('x'));
  await enter();
  t.equal(decided.length, 2);
});

t.test('what stood on a line before anybody looked is unknown', async (t) => {
  const { gate, decided } = screenGate(policy('deny'), true);
  t.equal(Buffer.from((await gate.write(Buffer.from('\r'))).pass)[0], 0x03);
  t.match(decided[0]?.action.unknown, [
    { message: /not one of a shell/ },
    { message: /before is not known/ },
  ]);
});

t.test('Enter in all its forms, and keys that give a line up', async (t) => {
  for (const key of ['\r', '\n', '\x0f', '\x1bOM'])
    t.equal((await answer('$ ', 'rm x', key)).pass.at(-1), '\x03', JSON.stringify(key));
  const { decided } = await answer('$ ', 'rm x', '\x03', '\r');
  t.same(decided, [], 'nothing is accepted after Ctrl-C');
});

t.test('a hostile screen costs neither time nor memory', async (t) => {
  const screen = await Screen.open();
  screen.resize({ columns: 65_535, rows: 65_535 });
  screen.resize({ columns: 0, rows: 0 });
  for (let final = 0x40; final <= 0x7e; final += 1) {
    for (const before of ['', '?', '>', ' ', '$', "'"])
      await screen.write(Buffer.from(`a\x1b[2147483647;2147483647${before}${String.fromCharCode(final)}b`));
  }
  const noise = Buffer.alloc(200_000);
  for (let at = 0, seed = 20261122; at < noise.length; at += 1) {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    noise[at] = seed >>> 24;
  }
  await screen.write(noise);
  await screen.write(Buffer.from(`\x1b]0;${'x'.repeat(1 << 20)}`));
  t.ok(screen.line().length <= 1000 * 1000);
  screen.dispose();
});

t.test('a slow link: the history is waited for as long as text was', async (t) => {
  const { gate, decided } = screenGate(LENIENT);
  const LINK_MS = 150;
  const later = (ms: number, shown: string) => setTimeout(ms).then(() => gate.shown(Buffer.from(shown)));
  await gate.shown(Buffer.from('$ '));
  for (const key of ['l', 's']) {
    await gate.write(Buffer.from(key));
    await later(LINK_MS, key);
  }
  t.same(Buffer.from((await gate.write(Buffer.from('\r'))).pass), Buffer.from('\r'));
  await gate.shown(Buffer.from('\r\n$ '));
  // The answer takes longer than a key that shows nothing is waited for on a fast link.
  await gate.write(Buffer.from('\x1b[A'));
  const fetched = later(2 * LINK_MS, 'rm -rf x');
  t.same(Buffer.from((await gate.write(Buffer.from('\r'))).pass), Buffer.from('\x03'));
  await fetched;
  t.strictSame(
    decided.map(({ action, ok }) => [action.line, ok]),
    [
      ['ls', true],
      ['rm -rf x', false],
    ],
  );
  await gate.end();
});
