import fc from 'fast-check';
import t from 'tap';
import { listPath, parseRoute, sessionPath } from '../../../player/router.ts';
import { count } from '../../../player/text/amount.ts';
import { commandText } from '../../../player/text/command.ts';
import { ago, dayName, duration, formatMoment, parseMoment, position } from '../../../player/text/time.ts';
import { visible, visibleText } from '../../../player/text/visible.ts';

t.test('hidden characters become marks', async (t) => {
  t.same(visible('ls -l'), [{ text: 'ls -l' }]);
  t.equal(visibleText('a\nb\tc\x1b[2Jd\x07\x7f'), 'a⏎b⇥c␛[2Jd␇␡');
  t.same(visible('rm \u202e/'), [{ text: 'rm ' }, { mark: '⟨202E⟩', name: 'U+202E' }, { text: '/' }]);
  for (const hidden of [
    '\u200b',
    '\u2066',
    '\u2069',
    '\u061c',
    '\u00ad',
    '\ufeff',
    '\u2028',
    '\u3164',
    '\u{e0041}',
    '\u009b',
    '\ud800',
    '\u034f',
    '\u17b4',
    '\u00a0',
    '\u3000',
    '\u2800',
  ]) {
    t.equal(visible(`a${hidden}b`).length, 3, `U+${hidden.codePointAt(0)!.toString(16)}`);
  }
  t.equal(visibleText('Grüße, 世界, שלום, ✅️'), 'Grüße, 世界, שלום, ✅️', 'letters stay as they are');
  t.equal(visibleText('x'.repeat(50), 10), `${'x'.repeat(10)}…`);
  t.equal(visibleText('😀😀😀', 3), '😀😀…', 'no character is cut in half');
  t.equal(visibleText('rm\ufe0f'), 'rm⟨FE0F⟩', 'a style for emoji is hidden elsewhere');
  const piled = visibleText(`e${'\u0301'.repeat(200)}`);
  t.ok(piled.startsWith(`e${'\u0301'.repeat(4)}⟨0301⟩`) && piled.endsWith('⟨0301⟩'), 'marks do not pile up');
});

t.test('nothing that a browser hides or reorders is left over', async () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      (text) => !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(visibleText(text)),
    ),
    { seed: 3, numRuns: 500 },
  );
});

t.test('moments', async (t) => {
  t.equal(parseMoment('83.4'), 83.4);
  t.equal(parseMoment('1m2'), 62);
  t.equal(parseMoment('1m23s'), 83);
  t.equal(parseMoment('1h2m3.5s'), 3723.5);
  for (const none of [null, '', 'x', '-5', '1e9', '5 s', 'NaN', '1m2m'])
    t.equal(parseMoment(none), null, String(none));
  fc.assert(
    fc.property(fc.nat(10_000_000), (tenths) => parseMoment(formatMoment(tenths / 10)) === tenths / 10),
    { seed: 4 },
  );
});

t.test('times as people read them', async (t) => {
  t.equal(position(7), '0:07');
  t.equal(position(754.9), '12:34');
  t.equal(position(3723), '1:02:03');
  t.equal(duration(-1), '0 ms');
  t.equal(duration(0.0351), '35 ms');
  t.equal(duration(0.9999), '1.0 s');
  t.equal(duration(4.24), '4.2 s');
  t.equal(duration(9.97), '10 s');
  t.equal(duration(59.4), '59 s');
  t.equal(duration(192), '3 min 12 s');
  t.equal(duration(3840), '1 h 04 min');
  const now = new Date(2026, 10, 22, 9, 0, 0);
  const before = (seconds: number) => (now.getTime() - seconds * 1000) * 1000;
  t.equal(ago(before(10), now), 'just now');
  t.equal(ago(before(240), now), '4 min ago');
  t.equal(ago(before(3 * 3600), now), '3 h ago');
  t.equal(ago(before(26 * 3600), now), '1 day ago');
  t.equal(ago(before(-60), now), 'just now', 'clocks differ');
  t.equal(dayName(before(60), now), 'Today');
  t.equal(dayName(before(10 * 3600), now), 'Yesterday');
  t.match(dayName(before(5 * 86_400), now), /17 November 2026/);
});

t.test('an argv', async (t) => {
  t.equal(commandText(['bash', '-c', 'npm run build && npm test']), "bash -c 'npm run build && npm test'");
  t.equal(commandText(["it's", '', 'a=b']), `'it'\\''s' '' a=b`);
  t.equal(count(1, 'command'), '1 command');
  t.equal(count(1234, 'command'), '1,234 commands');
});

t.test('addresses', async (t) => {
  const at = (path: string) => parseRoute(new URL(path, 'http://localhost:7070'));
  t.same(at('/'), { page: 'list', search: '' });
  t.same(at(listPath('rm -rf & more')), { page: 'list', search: 'rm -rf & more' });
  t.same(at('/sessions/01AB'), { page: 'session', id: '01AB', moment: null });
  t.same(at(sessionPath('01AB', 62.5)), { page: 'session', id: '01AB', moment: 62.5 });
  t.same(at('/sessions/01AB?t=nonsense'), { page: 'session', id: '01AB', moment: null });
  t.same(at('/sessions/%zz'), { page: 'unknown', path: '/sessions/%zz' });
  t.same(at('/else'), { page: 'unknown', path: '/else' });
});
