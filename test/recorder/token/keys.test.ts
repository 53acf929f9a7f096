/** How long keys are kept, and how often an issuer is asked, by a clock that the test sets. */
import t from 'tap';
import { KEY_TIMES } from '../../../recorder/token/keys.ts';
import { newPair, Published } from './signing.ts';

const [one, two] = await Promise.all([newPair('ES256', 'one'), newPair('ES256', 'two')]);
const seconds = (micros: number) => micros / 1e6;
const named = (kid: string) => ({ alg: 'ES256', kid });
const down = () => Promise.reject(new Error('down'));

t.test('fetched once for all who ask at once, and kept', async (t) => {
  const all = new Published(one);
  await Promise.all(Array.from({ length: 50 }, () => all.keys.find(named('one'))));
  t.equal(all.asked, 1);
  all.clock.seconds += seconds(KEY_TIMES.fresh) - 1;
  await all.keys.find(named('one'));
  t.equal(all.asked, 1);
  all.clock.seconds += 1;
  await all.keys.find(named('one'));
  t.equal(all.asked, 2);
});

t.test('a new key is found with the first token that names it; a withdrawn one is gone', async (t) => {
  const published = new Published(one);
  await published.keys.find(named('one'));
  published.load = async () => ({ keys: [two.jwk] });
  published.clock.seconds += seconds(KEY_TIMES.rest);
  t.ok(await published.keys.find(named('two')));
  await t.rejects(published.keys.find(named('one')), { code: 'ERR_JWKS_NO_MATCHING_KEY' });
});

t.test('made-up key ids cost the issuer one question in a while', async (t) => {
  const published = new Published(one);
  await published.keys.find(named('one'));
  for (let at = 0; at < 100; at++) {
    published.clock.seconds += 1;
    await t.rejects(published.keys.find(named(`made-up-${at}`)));
  }
  t.ok(published.asked <= 1 + 100 / seconds(KEY_TIMES.rest));
  t.ok(published.asked > 5, 'and it is asked');
});

t.test('an issuer that is gone: former keys for a while, then none; and it is not hammered', async (t) => {
  const published = new Published(one);
  await published.keys.refresh();
  published.load = down;
  published.clock.seconds += seconds(KEY_TIMES.usable) - 1;
  for (let at = 0; at < 20; at++) t.ok(await published.keys.find(named('one')));
  t.equal(published.asked, 2);
  published.clock.seconds += 1;
  t.notOk(published.keys.ready);
  await t.rejects(published.keys.find(named('one')), { code: 'ISSUER_GONE' });
  published.load = async () => ({ keys: [one.jwk] });
  published.clock.seconds += seconds(KEY_TIMES.rest);
  t.ok(await published.keys.find(named('one')), 'and it comes back by itself');
});

t.test('nothing was ever fetched', async (t) => {
  const published = Object.assign(new Published(), { load: down });
  for (let at = 0; at < 5; at++) await t.rejects(published.keys.find(named('one')), { code: 'ISSUER_GONE' });
  t.equal(published.asked, 1);
});

t.test('a clock that is set back neither keeps keys for ever nor locks them out', async (t) => {
  const published = new Published(one);
  await published.keys.find(named('one'));
  published.clock.seconds -= 3600 * 24;
  t.ok(await published.keys.find(named('one')));
  t.equal(published.asked, 2);
});

t.test('what is published and is no key set', async (t) => {
  const odd: unknown[] = [null, [], {}, { keys: null }, { keys: [] }, { keys: [null, 7, {}] }, 'x'];
  odd.push({ keys: [{ kty: 'oct', k: 'AA', kid: 'one' }] }, { keys: [{ ...one.jwk, use: 'enc' }] });
  odd.push({ keys: [{ ...one.jwk, d: 'secret' }] }, { keys: { 0: one.jwk, length: 1 } });
  for (const load of odd) {
    const { keys } = Object.assign(new Published(), { load: async () => load });
    await t.rejects(keys.find(named('one')), { code: 'ISSUER_GONE' }, JSON.stringify(load));
  }
});

t.test('beyond so many keys none is looked at', async (t) => {
  const many = Array.from({ length: 100 }, (_, at) => ({ ...one.jwk, kid: `k${at}` }));
  const { keys } = Object.assign(new Published(), { load: async () => ({ keys: [...many, two.jwk] }) });
  t.ok(await keys.find(named('k99')));
  await t.rejects(keys.find(named('two')));
});
