/** Known values in bytes that flow: whatever the cuts, the colours and the encoding. */
import fc from 'fast-check';
import { quote } from 'shell-quote';
import t from 'tap';
import { Automaton } from '../../../sidecar/mask/automaton.ts';
import { Marker } from '../../../sidecar/mask/marker.ts';
import { Vault } from '../../../sidecar/mask/vault.ts';

const LEARN = { record: true, agent: false, minLength: 8 };

function vaultOf(...values: (string | Buffer)[]): Vault {
  const vault = new Vault(new Marker(Buffer.alloc(32, 7)));
  vault.learn(
    values.map((value) => Buffer.from(value as string)),
    LEARN,
  );
  return vault;
}

/** What is recorded of pieces that come one after the other. */
function recorded(vault: Vault, pieces: readonly Uint8Array[]): Buffer {
  const stream = vault.stream();
  const out = pieces.map((piece) => Buffer.from(stream.push(piece).record));
  return Buffer.concat([...out, stream.release().record]);
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].sort(
    (a, b) => a - b,
  );
  return sorted.slice(1).map((end, i) => bytes.subarray(sorted[i]!, end));
}

const cuts = fc.array(fc.nat({ max: 10_000 }), { maxLength: 30 });

t.test('the automaton finds what a plain search finds', async () => {
  const letters = fc.array(fc.constantFrom(97, 98, 99), { minLength: 4, maxLength: 9 });
  const few = fc.uniqueArray(letters, { minLength: 1, maxLength: 12, selector: (one) => one.join() });
  const text = fc.array(fc.constantFrom(97, 98, 99, 100), { maxLength: 200 });
  fc.assert(
    fc.property(few, text, (patterns, bytes) => {
      const found = new Automaton(
        patterns.map((pattern) => ({ bytes: Uint8Array.from(pattern), record: true, agent: false })),
      ).find(Uint8Array.from(bytes), { broken: false });
      const expected = new Uint8Array(bytes.length);
      for (const pattern of patterns) {
        for (let at = 0; at + pattern.length <= bytes.length; at++) {
          if (pattern.every((byte, i) => bytes[at + i] === byte)) expected.fill(1, at, at + pattern.length);
        }
      }
      const covered = new Uint8Array(bytes.length);
      for (const { start, end } of found.record) covered.fill(1, start, end);
      const partial = [...bytes.keys()].find((at) =>
        patterns.some(
          (pattern) =>
            pattern.length > bytes.length - at && bytes.slice(at).every((b, i) => pattern[i] === b),
        ),
      );
      return (
        Buffer.compare(expected, covered) === 0 &&
        found.partial === (partial ?? bytes.length) &&
        found.agent.length === 0
      );
    }),
    { seed: 11, numRuns: 3000 },
  );
});

t.test('every form of a value, whatever stands around it', async (t) => {
  const value = 'pa$$w0rd <&> "q" é';
  const vault = vaultOf(value);
  const bytes = Buffer.from(value);
  const around = (shift: number) =>
    Buffer.concat([Buffer.from('xyz').subarray(0, shift), bytes, Buffer.from('tail')]);
  const forms: Record<string, string> = {
    plain: value,
    json: JSON.stringify(value),
    'json of Go': JSON.stringify(value).replaceAll(/[<>&]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`),
    'json in json': JSON.stringify(JSON.stringify(value)),
    percent: encodeURIComponent(value),
    'percent of a form': encodeURIComponent(value).replaceAll('%20', '+'),
    shell: quote([value]),
    base64: bytes.toString('base64'),
    base64url: bytes.toString('base64url'),
    'shifted 0': around(0).toString('base64'),
    'shifted 1': around(1).toString('base64'),
    'shifted 2': around(2).toString('base64url'),
    hex: bytes.toString('hex'),
    HEX: bytes.toString('hex').toUpperCase(),
  };
  for (const [name, form] of Object.entries(forms)) {
    const out = recorded(vault, [Buffer.from(`<< ${form} >>`)]).toString();
    t.match(out, /^<< .*\*{16,}.* >>$/, name);
    for (const source of Object.values(forms))
      t.notOk(out.includes(source.slice(3, -8)), `${name}: nothing left`);
    if (!name.startsWith('shifted')) t.match(out, /^<< ["']?(\\")?\*+(\\")?["']? >>$/, `${name}: all of it`);
  }
});

t.test('a base64 that is broken into lines, and a key with its lines indented', async (t) => {
  const key = Buffer.from(Array.from({ length: 200 }, (_, i) => (i * 97 + 13) % 251));
  const lines = key.toString('base64').replaceAll(/(.{76})/g, '$1\n');
  const out = recorded(vaultOf(key), [Buffer.from(`${lines}\n`)]).toString();
  t.match(out, /^\*{76}\n\*{76}\n\*{76}\n\*+\n$/, 'line ends stay');
  const body = key.toString('base64').replaceAll(/(.{64})/g, '$1\n');
  const pem = `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----\n`;
  const indented = `key: |\n    ${pem.replaceAll('\n', '\n    ')}`;
  const shown = recorded(vaultOf(pem), [Buffer.from(indented)]).toString();
  t.notMatch(shown, /[A-Za-z0-9+/]{40}/);
  t.match(shown, /-----BEGIN PRIVATE KEY-----\n {4}\*{64}\n/);
});

t.test('any cut, any colouring, any pause', async () => {
  const values = ['s3cr3t-token', 'correct horse', 'aaaabaaaabaaaac', 'Grüße-aus-Köln'];
  const vault = vaultOf(...values);
  const noise = fc.constantFrom('', ' ', 's3c', 'aaaab', 'corr', '\u001b[0m', 'x', '\n', 'Grü');
  const colour = fc.constantFrom(
    '',
    '',
    '',
    '\u001b[31m',
    '\u001b[1;38;5;204m',
    '\u001b(B',
    '\r\n',
    '\u001b=',
  );
  const piece = fc.tuple(
    noise,
    fc.constantFrom(...values),
    fc.array(colour, { minLength: 20, maxLength: 20 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 6 }), cuts, (pieces, places) => {
      const text = pieces
        .map(
          ([before, value, colours]) =>
            `${before}|${[...value].map((c, i) => c + (colours[i] ?? '')).join('')}|`,
        )
        .join('');
      const out = recorded(vault, cut(Buffer.from(text), places)).toString();
      const plain = out.replaceAll(/\u001b(?:\[[0-9;]*m|\(B|=)|\r\n/g, '');
      const expected = pieces
        .map(([before, value]) => `${before.replace('\u001b[0m', '')}|${'*'.repeat([...value].length)}|`)
        .join('');
      return plain === expected && out === recorded(vault, [Buffer.from(text)]).toString();
    }),
    { seed: 5, numRuns: 1500 },
  );
});

t.test('what holds no value passes byte for byte', async () => {
  const vault = vaultOf('s3cr3t-token', 'aaaaaaab');
  const byte = fc.constantFrom(0x1b, 0x5b, 0x0a, 0x61, 0x73, 0x33, 0xc3, 0xbc, 0x00, 0x20);
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 300 }), cuts, (bytes, places) => {
      const text = Buffer.from(bytes);
      return text.equals(recorded(vault, cut(text, places)));
    }),
    { seed: 9, numRuns: 2000 },
  );
});

t.test('what is let go after a silence is not waited for, and its end is still masked', async (t) => {
  const vault = vaultOf('s3cr3t-token');
  const stream = vault.stream();
  const told = (bytes: Uint8Array) => Buffer.from(bytes).toString();
  t.equal(told(stream.push(Buffer.from('> s3cr3t')).record), '> ');
  t.equal(stream.held, 6);
  t.equal(told(stream.release().record), 's3cr3t');
  t.equal(stream.held, 0);
  t.equal(told(stream.push(Buffer.from('-token <')).record), '****** <');
});

t.test('a value that joins later is found from then on', async (t) => {
  const vault = vaultOf('first-value');
  const stream = vault.stream();
  stream.push(Buffer.from('secon'));
  vault.learn([Buffer.from('second-value')], { ...LEARN, agent: true });
  const { record, agent, masked } = stream.push(Buffer.from('\nsecond-value'));
  t.match([record, agent].map(String), ['\n************', '\n************']);
  t.ok(masked);
});

t.test('the vault is bounded: what was learned longest ago leaves; what is pinned stays', async (t) => {
  const vault = new Vault(new Marker(Buffer.alloc(32)), { values: 3, bytes: 40 });
  const release = vault.pin('pinned-token-1', { record: true, agent: true });
  for (const value of ['value-one', 'value-two', 'value-three']) vault.learn([Buffer.from(value)], LEARN);
  vault.learn([Buffer.from('value-one')], LEARN);
  vault.learn([Buffer.from('value-four')], LEARN);
  const shown = vault.text('value-one value-two value-three value-four pinned-token-1');
  t.equal(shown, '********* value-two *********** ********** **************');
  vault.learn([Buffer.from('x'.repeat(9)), Buffer.from('short'), Buffer.from('0123456789'.repeat(3))], LEARN);
  t.match(
    vault.text(`xxxxxxxxx short ${'0123456789'.repeat(3)} value-four`),
    /^xxxxxxxxx short \*{30} \*{10}$/,
  );
  release();
  t.equal(vault.text('pinned-token-1'), 'pinned-token-1');
});

t.test('certificates are public', async (t) => {
  const certificate = `-----BEGIN CERTIFICATE-----\n${'MIIB'.repeat(30)}\n-----END CERTIFICATE-----\n`;
  t.equal(vaultOf(certificate).text(certificate), certificate);
});

t.test('an argv as a line that a shell would read back', async (t) => {
  for (const value of ['pa$$w0rd=x&y', "it's $ecret!", 'two words', '{"a":"b c"}', 'back\\slash#1']) {
    const out = vaultOf(value).text(`login ${quote([value])} now`);
    t.match(out, /^login ['"]?\*+['"]? now$/, out);
  }
});
