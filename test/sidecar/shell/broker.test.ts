/** The channel between hooks and broker: hostile bytes, and what comes of them. */
import { createSocket } from 'node:dgram';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { Broker } from '../../../sidecar/shell/broker.ts';
import {
  formatAnswer,
  type Known,
  NOTHING_KNOWN,
  parseQuestion,
  QUESTION_LIMIT,
  type Question,
  QuestionReader,
} from '../../../sidecar/shell/frame.ts';

/** What a hook sends, made by the rules in frame.ts. */
function frame(secret: string, asked: Question): Buffer {
  const { kind, shell, process, number, context, newLine } = asked;
  const fields: (string | number)[] = [secret, kind, shell, process, number, context, newLine ? 'new' : ''];
  fields.push(escaped(asked.cwd), escaped(asked.text), known(asked.known));
  return Buffer.from(fields.map((field) => `${field}\0`).join(''));
}

function escaped(field: string): string {
  return field.replaceAll('\x1c', '\x1c0').replaceAll('\n', '\x1c1');
}

function known({ variables, environment, functions }: Known): string {
  const entry =
    (kind: string) =>
    ([name, value]: [string, string]) =>
      `${kind}${name}=${escaped(value)}\x1c2`;
  const told = [...Object.entries(variables).map(entry('-')), ...Object.entries(environment).map(entry('x'))];
  return [...told, ...(functions === '' ? [] : [entry('x')(['', functions])])].join('');
}

const QUESTION: Question = {
  kind: 'judge',
  shell: 10,
  process: 11,
  number: 3,
  context: 'user',
  newLine: false,
  known: NOTHING_KNOWN,
  cwd: '/tmp',
  text: 'ls',
};

const value = fc.string({ unit: 'grapheme' }).map((text) => `=${text}\n\x1c2`.replaceAll('\0', ''));

const question = fc.record<Question>({
  kind: fc.constantFrom('judge', 'abandon'),
  shell: fc.nat(),
  process: fc.nat(),
  number: fc.nat(),
  context: fc.constantFrom('user', 'prompt', 'completion'),
  newLine: fc.boolean(),
  cwd: fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\0')),
  text: fc.string({ unit: 'grapheme' }).map((text) => `${text}\n\x1c0\x1c`.replaceAll('\0', '')),
  known: fc.record({
    variables: fc.dictionary(fc.stringMatching(/^([A-Z_][A-Z0-9_]{0,4}|[1-9])$/), value, {
      noNullPrototype: true,
    }),
    environment: fc.dictionary(fc.stringMatching(/^[a-z_][a-z0-9]{0,4}$/), value, { noNullPrototype: true }),
    functions: value,
  }),
});

t.test('a question arrives as it was sent, in any pieces', async (t) => {
  fc.assert(
    fc.property(question, fc.integer({ min: 1, max: 40 }), (asked, step) => {
      const bytes = frame('s', asked);
      const reader = new QuestionReader();
      let fields: string[] | null = null;
      for (let at = 0; at < bytes.length; at += step) fields = reader.push(bytes.subarray(at, at + step));
      return JSON.stringify(parseQuestion(fields ?? [])) === JSON.stringify(asked);
    }),
    { seed: 11, numRuns: 500 },
  );
  t.pass('500 runs, seed 11');
});

t.test('bytes that no hook sends are no question', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 12 }), (pieces) => {
      const reader = new QuestionReader();
      try {
        for (const piece of pieces) {
          const fields = reader.push(Buffer.from(piece));
          if (fields !== null && parseQuestion(fields) !== null) return false;
        }
      } catch (error) {
        return error instanceof RangeError;
      }
      return true;
    }),
    { seed: 12, numRuns: 500 },
  );
  const reader = new QuestionReader();
  t.throws(() => {
    for (let i = 0; i <= QUESTION_LIMIT / 1000; i++) reader.push(Buffer.alloc(1000, 'x'));
  }, RangeError);
  t.equal(parseQuestion(['s', 'judge', '1', '-1', '1', 'user', '', '/', 'ls']), null);
  t.equal(parseQuestion(['s', 'judge', '1', '1', '1e3', 'user', '', '/', 'ls']), null);
});

t.test('a message drives no terminal', async (t) => {
  t.equal(formatAnswer('s', 'refuse', 'a\x1b[2J\nb\x07\x9b'), 's-a [2J\x1c1b  \n');
  t.equal(formatAnswer('s', 'run', 'never said'), 's+');
});

/** Sends bytes and collects what comes back until the end. */
function exchange(where: number | string, bytes: Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const to = typeof where === 'string' ? { path: where } : { port: where, host: '127.0.0.1' };
    const socket = connect(to, () => socket.write(bytes));
    socket.on('data', (piece) => {
      answer += piece.toString();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });
}

t.test('only who knows the secret is answered', async (t) => {
  let asked = 0;
  const broker = await Broker.listen(async () => {
    asked += 1;
    return { answer: 'refuse', message: 'no' };
  });
  t.teardown(() => broker.close());
  const { port, secret, answerSecret } = broker.channel;
  t.equal(await exchange(port, frame('x'.repeat(32), QUESTION)), '');
  t.equal(await exchange(port, frame('', QUESTION)), '');
  t.equal(await exchange(port, frame(secret, { ...QUESTION, context: 'nothing' as never })), '');
  t.equal(await exchange(port, Buffer.concat([frame(secret, QUESTION), Buffer.from('more')])), '');
  t.equal(await exchange(port, Buffer.from('GET / HTTP/1.1\r\n\r\n'.padEnd(QUESTION_LIMIT + 10))), '');
  t.equal(asked, 0);
  t.equal(await exchange(port, frame(secret, QUESTION)), `${answerSecret}-no\n`);
  t.equal(asked, 1);
});

/** Sends a datagram and waits for one. */
function ask(port: number, bytes: Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    const done = (answer: string) => {
      clearTimeout(silence);
      socket.close();
      resolve(answer);
    };
    const silence = setTimeout(() => done(''), 300);
    socket.on('message', (message) => done(message.toString()));
    socket.send(bytes, port, '127.0.0.1');
  });
}

t.test('by datagram: the same, and the reason for a no by connection, once', async (t) => {
  const asked: string[] = [];
  const broker = await Broker.listen(async ({ text }) => {
    asked.push(text);
    return text === 'ls' ? { answer: 'run' } : { answer: 'refuse', message: `no ${text}` };
  });
  t.teardown(() => broker.close());
  const { port, secret, answerSecret } = broker.channel;
  t.equal(answerSecret.length, 12, 'the length that the hooks read');
  t.equal(await ask(port, frame('x'.repeat(24), QUESTION)), '');
  t.equal(await ask(port, Buffer.from('\0'.repeat(10))), '');
  t.equal(await ask(port, frame(secret, QUESTION).subarray(0, -1)), '', 'a part is nothing');
  t.same(asked, []);
  t.equal(await ask(port, frame(secret, QUESTION)), `${answerSecret}+`);
  const no = { ...QUESTION, text: 'rm' };
  t.equal(await ask(port, frame(secret, no)), `${answerSecret}-`);
  t.equal(await exchange(port, frame(secret, { ...no, kind: 'why' })), `${answerSecret}-no rm\n`);
  t.equal(await exchange(port, frame(secret, { ...no, kind: 'why' })), `${answerSecret}-\n`);
  t.same(asked, ['ls', 'rm'], 'each judged once');
  await ask(port, frame(secret, no));
  t.equal(
    await exchange(port, frame(secret, no)),
    `${answerSecret}-no rm\n`,
    'asked again where an answer was lost',
  );
  t.same(asked, ['ls', 'rm', 'rm']);
});

t.test('a socket of the file system asks for the same secret, and goes with the broker', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'chaperone-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const answerer = async () => ({ answer: 'run' }) as const;
  const broker = await Broker.listen(answerer, join(directory, 'ask'));
  const { socket, secret, answerSecret } = broker.channel;
  t.equal(socket, join(directory, 'ask'));
  t.equal(await exchange(socket, frame('x'.repeat(24), QUESTION)), '');
  t.equal(await exchange(socket, frame(secret, QUESTION)), `${answerSecret}+`);
  await broker.close();
  t.notOk(existsSync(socket));
  const without = await Broker.listen(answerer, join(directory, 'a'.repeat(108)));
  t.teardown(() => without.close());
  t.equal(without.channel.socket, '', 'a path that does not fit is left out');
  t.match(await exchange(without.channel.port, frame(without.channel.secret, QUESTION)), /\+$/);
});

t.test('an answerer that fails answers nothing, which the hook takes for no', async (t) => {
  const broker = await Broker.listen(() => Promise.reject(new Error('journal')));
  t.teardown(() => broker.close());
  t.equal(await exchange(broker.channel.port, frame(broker.channel.secret, QUESTION)), '');
});

t.test('a slow answer is announced', async (t) => {
  const broker = await Broker.listen(async () => {
    await new Promise((resolve) => setTimeout(resolve, 1300));
    return { answer: 'run' };
  });
  t.teardown(() => broker.close());
  const { port, secret, answerSecret } = broker.channel;
  t.equal(await exchange(port, frame(secret, QUESTION)), `${answerSecret}.${answerSecret}+`);
});
