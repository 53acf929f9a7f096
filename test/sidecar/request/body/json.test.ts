/** JSON is read as JSON.parse reads it, or refused: never otherwise. */
import fc from 'fast-check';
import t from 'tap';
import { parseJson } from '../../../../sidecar/request/body/json.ts';
import { Unfit } from '../../../../sidecar/request/refusal.ts';

const SEED = 20261122;

/** What it says: a value, or the code of a refusal. */
function read(text: string): { value: unknown } | string {
  try {
    return { value: parseJson(Buffer.from(text)) };
  } catch (error) {
    if (error instanceof Unfit) return error.refusal.code;
    throw error;
  }
}

function reference(text: string): { value: unknown } | null {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
}

t.test('every JSON text', async (t) => {
  const json = fc.json({ stringUnit: 'grapheme', maxDepth: 6 });
  fc.assert(
    fc.property(json, (text) => {
      t.strictSame(read(text), reference(text));
    }),
    { seed: SEED, numRuns: 500 },
  );
});

t.test('whatever text: refused where it is no JSON, and only for good reason where it is', async () => {
  const piece = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"',
    '\\',
    '"a"',
    '"a":',
    '"\\u0061":',
    '1',
    'null',
    ' ',
    '\\"',
    '\\\\',
  );
  const text = fc.array(piece, { maxLength: 14 }).map((pieces) => pieces.join(''));
  fc.assert(
    fc.property(text, (drawn) => {
      const expected = reference(drawn);
      const said = read(drawn);
      if (expected === null) return said === 'body-syntax' || said === 'body-duplicate';
      return said === 'body-duplicate' || JSON.stringify(said) === JSON.stringify(expected);
    }),
    { seed: SEED, numRuns: 20_000 },
  );
});

t.test('a member that stands twice, wherever and however it is written', async () => {
  const name = fc.string({ unit: 'grapheme', maxLength: 6 });
  const others = fc.dictionary(name, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 40 });
  const written = (key: string, escaped: boolean) =>
    escaped
      ? `"${[...key]
          .flatMap((char) => char.split(''))
          .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
          .join('')}"`
      : JSON.stringify(key);
  fc.assert(
    fc.property(name, others, fc.boolean(), fc.nat(5), (key, members, escaped, depth) => {
      delete members[key];
      const rest = JSON.stringify(members).slice(1, -1);
      const parts = [
        `${JSON.stringify(key)}:1`,
        ...(rest === '' ? [] : [rest]),
        `${written(key, escaped)} : {"x":[]}`,
      ];
      const text = `${'[{"y":'.repeat(depth)}{${parts.join(',')}}${'}]'.repeat(depth)}`;
      return reference(text) !== null && read(text) === 'body-duplicate';
    }),
    { seed: SEED, numRuns: 500 },
  );
});

t.test('strings that end where they seem not to', async (t) => {
  for (const text of [
    '{"a":"\\\\","b":1}',
    '{"a\\\\":1,"a":2}',
    '{"a":"\\"b\\":","b":1}',
    '{"a":"{\\"a\\":1,\\"a\\":1}"}',
    '["a","a"]',
    '{"a":["a","a"]}',
  ])
    t.strictSame(read(text), reference(text), text);
  t.equal(read(`{"a":"${'\\"'.repeat(300_000)}"`), 'body-syntax');
  const deep = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
  t.strictSame(read(deep(200)), reference(deep(200)));
  t.equal(read(deep(201)), 'body-depth');
});
