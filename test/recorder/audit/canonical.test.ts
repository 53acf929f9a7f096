/** RFC 8785: the examples that it prints, and what it forbids. */
import fc from 'fast-check';
import t from 'tap';
import { canonicalBytes, canonicalText } from '../../../recorder/audit/canonical.ts';

t.test('the example of section 3.2.2 and its sorting', async (t) => {
  const input = JSON.parse(
    '{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"string":"\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/","literals":[null,true,false]}',
  );
  t.equal(
    canonicalText(input),
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  );
});

t.test('the example of section 3.2.3: members by UTF-16 code units', async (t) => {
  const input = {
    '€': 'Euro Sign',
    '\r': 'Carriage Return',
    '\ufb33': 'Hebrew Letter Dalet With Dagesh',
    '1': 'One',
    '😀': 'Emoji: Grinning Face',
    '\u0080': 'Control',
    ö: 'Latin Small Letter O With Diaeresis',
  };
  t.same(Object.values(JSON.parse(canonicalText(input))).length, 7);
  t.same(
    [...canonicalText(input).matchAll(/"([A-Z][^"]*)"/g)].map((match) => match[1]),
    [
      'Carriage Return',
      'One',
      'Control',
      'Latin Small Letter O With Diaeresis',
      'Euro Sign',
      'Emoji: Grinning Face',
      'Hebrew Letter Dalet With Dagesh',
    ],
  );
});

t.test('the numbers of appendix B', async (t) => {
  const cases: [string, string][] = [
    ['0000000000000000', '0'],
    ['8000000000000000', '0'],
    ['0000000000000001', '5e-324'],
    ['7fefffffffffffff', '1.7976931348623157e+308'],
    ['4340000000000000', '9007199254740992'],
    ['4430000000000000', '295147905179352830000'],
    ['44b52d02c7e14af5', '9.999999999999997e+22'],
    ['444b1ae4d6e2ef4e', '999999999999999700000'],
    ['3eb0c6f7a0b5ed8d', '0.000001'],
    ['41b3de4355555553', '333333333.3333332'],
    ['becbf647612f3696', '-0.0000033333333333333333'],
    ['43143ff3c1cb0959', '1424953923781206.2'],
  ];
  for (const [bits, text] of cases) t.equal(canonicalText(Buffer.from(bits, 'hex').readDoubleBE()), text);
  for (const bits of ['7fffffffffffffff', '7ff0000000000000']) {
    t.throws(() => canonicalText(Buffer.from(bits, 'hex').readDoubleBE()), { code: 'EVENT_INVALID' });
  }
});

t.test('what has no canonical form is refused', async (t) => {
  for (const bad of ['\ud800', { '\udc00': 1 }, [undefined], 1n, () => 1, Symbol('x')]) {
    t.throws(() => canonicalText(bad), { code: 'EVENT_INVALID' });
  }
  t.equal(canonicalText({ b: undefined, a: 1 }), '{"a":1}', 'a member that is undefined is absent');
});

t.test('one value has one form, whatever the order of its members', async () => {
  const shuffled = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(shuffled);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(
      Object.entries(value)
        .reverse()
        .map(([k, v]) => [k, shuffled(v)]),
    );
  };
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      const bytes = canonicalBytes(value);
      return (
        bytes.equals(canonicalBytes(shuffled(value))) &&
        bytes.equals(canonicalBytes(JSON.parse(bytes.toString())))
      );
    }),
    { seed: 8785, numRuns: 500 },
  );
});

t.test('each character and each number as ECMAScript writes it', async (t) => {
  for (let code = 0; code <= 0xffff; code++) {
    const char = String.fromCharCode(code);
    if (char.isWellFormed()) {
      if (canonicalText(`a${char}z`) !== JSON.stringify(`a${char}z`)) t.fail(`U+${code.toString(16)}`);
    } else if (!refused(`a${char}z`)) t.fail(`U+${code.toString(16)}`);
  }
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
      return canonicalText(number) === JSON.stringify(number);
    }),
    { seed: 3, numRuns: 5000 },
  );
});

function refused(text: string): boolean {
  try {
    canonicalText(text);
    return false;
  } catch (error) {
    return (error as { code?: string }).code === 'EVENT_INVALID';
  }
}
