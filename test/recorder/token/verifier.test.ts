/** Tokens that hold and tokens that do not, signed with real keys. RFC 8725 names most of the attacks. */
import { createHmac } from 'node:crypto';
import t from 'tap';
import { claimedIssuer, MAX_TOKEN } from '../../../recorder/token/unproven.ts';
import { ALGORITHMS, TokenVerifier } from '../../../recorder/token/verifier.ts';
import { CLAIMS, forge, ISSUER, NOW, newPair, Published, sign, signed } from './signing.ts';

const rsa = await newPair('RS256', 'one');
const ec = await newPair('ES256', 'two');
const stranger = await newPair('RS256', 'one');
const published = new Published(rsa, ec);
const options = { issuer: ISSUER, audiences: ['chaperone', 'other'], ...published };
const verifier = new TokenVerifier(options);
const UNAUTHENTICATED = { code: 'UNAUTHENTICATED' };

t.test('what the issuer signed for us holds', async (t) => {
  t.match(await verifier.verify(await sign(rsa, { groups: ['dev'] })), { sub: 'person', groups: ['dev'] });
  t.match(await verifier.verify(await sign(ec)), { sub: 'person' });
  t.match(await verifier.verify(await sign(rsa, { aud: ['x', 'other'] })), { aud: ['x', 'other'] });
  t.match(await verifier.verify(await sign(rsa, {}, { typ: 'at+jwt' })), { sub: 'person' });
  t.match(await verifier.verify(await sign(rsa, { exp: NOW - 59, iat: NOW + 59 })), { sub: 'person' });
});

t.test('every algorithm on the list, and none that is symmetric', async (t) => {
  t.notOk(ALGORITHMS.some((alg) => /^(HS|none|RSA|ECDH|dir)/i.test(alg)));
  for (const alg of ALGORITHMS) {
    const pair = await newPair(alg);
    const { keys, clock } = new Published(rsa, pair);
    t.match(await new TokenVerifier({ ...options, keys, clock }).verify(await sign(pair)), CLAIMS, alg);
  }
});

const hmac = (key: string, alg: string) => {
  const unsigned = forge({ alg, kid: 'one' }, CLAIMS);
  const signature = createHmac(`sha${alg.slice(2)}`, key)
    .update(unsigned.slice(0, -1))
    .digest();
  return unsigned + signature.toString('base64url');
};
const good = await sign(rsa);
const [head = '', body = '', signature = ''] = good.split('.');

/** The same RSA key, for signing in another way. */
const asPss = async (key: CryptoKey) =>
  crypto.subtle.importKey(
    'pkcs8',
    await crypto.subtle.exportKey('pkcs8', key),
    { name: 'RSA-PSS', hash: 'SHA-256' },
    false,
    ['sign'],
  );

const REFUSED: Record<string, string | Promise<string>> = {
  'no signature': forge({ alg: 'none' }, CLAIMS),
  'none in capitals': forge({ alg: 'NONE', kid: 'one' }, CLAIMS, 'AA'),
  'none, with somebody else’s signature': forge({ alg: 'none', kid: 'one' }, CLAIMS, signature),
  'the public key as a password': hmac(rsa.pem, 'HS256'),
  'the same, trimmed': hmac(rsa.pem.trim(), 'HS512'),
  'its modulus as a password': hmac(String(rsa.jwk.n), 'HS256'),
  'an empty password': hmac('', 'HS256'),
  'another issuer': sign(rsa, { iss: 'https://issuer.test/' }),
  'an issuer by a look-alike': sign(rsa, { iss: 'https://ıssuer.test' }),
  'issuers as a list': sign(rsa, { iss: [ISSUER] as unknown as string }),
  'no issuer': sign(rsa, { iss: undefined as unknown as string }),
  'another audience': sign(rsa, { aud: 'chaperone2' }),
  'an audience in which ours is a part': sign(rsa, { aud: 'chaperone other' }),
  'no audience': sign(rsa, { aud: undefined as unknown as string }),
  'an empty list of audiences': sign(rsa, { aud: [] }),
  expired: sign(rsa, { exp: NOW - 61 }),
  'without an end': sign(rsa, { exp: undefined as unknown as number }),
  'an end that is a text': sign(rsa, { exp: '9999999999' as unknown as number }),
  'not yet': sign(rsa, { nbf: NOW + 120 }),
  'issued in the future': sign(rsa, { iat: NOW + 120 }),
  'without a subject': sign(rsa, { sub: undefined as unknown as string }),
  'an empty subject': sign(rsa, { sub: '' }),
  'a subject that is a number': sign(rsa, { sub: 7 as unknown as string }),
  'a stranger’s key under a known id': sign(stranger),
  'one key’s id, another one’s kind': sign({ ...ec, kid: 'one' }),
  'an algorithm that the key is not for': sign({
    ...rsa,
    alg: 'PS256',
    privateKey: await asPss(rsa.privateKey),
  }),
  'a key id that is a path': sign(rsa, {}, { kid: '../../one' }),
  'a key id that is an object': sign(rsa, {}, { kid: { one: 1 } }),
  'its own key': sign(stranger, {}, { kid: undefined, jwk: stranger.jwk, alg: 'RS256' }),
  'its own key’s address': sign(stranger, {}, { jku: 'http://127.0.0.1:9/keys' }),
  'its own certificate’s address': sign(stranger, {}, { x5u: 'http://127.0.0.1:9/cert' }),
  'its own certificate': sign(stranger, {}, { x5c: ['MIIB'] }),
  'an extension that has to be understood': signed(rsa, { alg: 'RS256', kid: 'one', crit: ['exp'], exp: 1 }),
  'a logout token by its type': sign(rsa, {}, { typ: 'logout+jwt' }),
  'a logout token by its claim': sign(rsa, {
    events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
  }),
  'a type that is no text': sign(rsa, {}, { typ: 7 }),
  'bound to a key': sign(rsa, { cnf: { jkt: 'x' } }),
  'changed claims': `${head}.${Buffer.from(JSON.stringify({ ...CLAIMS, sub: 'root' })).toString('base64url')}.${signature}`,
  'a changed signature': `${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`,
  'a signature that ends early': good.slice(0, -8),
  'a part too many': `${good}.${signature}`,
  'five parts, encrypted': 'a.b.c.d.e',
  nothing: '',
  dots: '..',
  blanks: ` ${good}`,
  'two of them': `${good} ${good}`,
  'a line break in it': `${head}\n.${body}.${signature}`,
  'other characters of base64': `${head}.${body}.+/==`,
  'too long': sign(rsa, { filler: 'x'.repeat(MAX_TOKEN) }),
  'claims that are a list': forge({ alg: 'RS256', kid: 'one' }, [], signature),
};

for (const [what, token] of Object.entries(REFUSED)) {
  t.test(`refused: ${what}`, async (t) => {
    const presented = await token;
    await t.rejects(verifier.verify(presented), UNAUTHENTICATED);
    const { message } = await verifier.verify(presented).catch((error: Error) => error as never);
    t.notMatch(message, /\n|person|https?:|eyJ/, 'tells nothing of what it says');
  });
}

t.test('a symmetric key among the published ones opens nothing', async (t) => {
  const { keys, clock } = new Published(rsa, {
    ...rsa,
    jwk: { kty: 'oct', k: 'c2VjcmV0', kid: 'weak', alg: 'HS256' },
  });
  const token = hmac('secret', 'HS256').replace(
    /^[^.]+/,
    forge({ alg: 'HS256', kid: 'weak' }, {}).split('.')[0]!,
  );
  await t.rejects(new TokenVerifier({ ...options, keys, clock }).verify(token), UNAUTHENTICATED);
});

t.test('a key too short to be trusted', async (t) => {
  const { generateKeyPairSync, sign: signBytes } = await import('node:crypto');
  const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const jwk = { ...weak.publicKey.export({ format: 'jwk' }), kid: 'weak', alg: 'RS256' } as typeof rsa.jwk;
  const { keys, clock } = new Published({ ...rsa, jwk });
  const unsigned = forge({ alg: 'RS256', kid: 'weak' }, CLAIMS).slice(0, -1);
  const token = `${unsigned}.${signBytes('sha256', Buffer.from(unsigned), weak.privateKey).toString('base64url')}`;
  await t.rejects(new TokenVerifier({ ...options, keys, clock }).verify(token), UNAUTHENTICATED);
});

t.test('without a key id there has to be one key only that could be meant', async (t) => {
  const token = await sign(rsa, {}, { kid: undefined });
  t.match(await verifier.verify(token), { sub: 'person' });
  const { keys, clock } = new Published(rsa, { ...stranger, jwk: { ...stranger.jwk, kid: 'three' } });
  await t.rejects(new TokenVerifier({ ...options, keys, clock }).verify(token), UNAUTHENTICATED);
});

t.test('which client it was given to', async (t) => {
  const strict = new TokenVerifier({ ...options, clients: ['kubectl'] });
  t.ok(await strict.verify(await sign(rsa, { azp: 'kubectl' })));
  t.ok(await strict.verify(await sign(rsa, { client_id: 'kubectl' })));
  for (const claims of [{}, { azp: 'game' }, { azp: 'game', client_id: 'kubectl' }, { azp: ['kubectl'] }])
    await t.rejects(strict.verify(await sign(rsa, claims)), UNAUTHENTICATED, JSON.stringify(claims));
});

t.test('an issuer that is gone is no fault of the token', async (t) => {
  const { keys, clock } = Object.assign(new Published(), { load: () => Promise.reject(new Error('down')) });
  await t.rejects(new TokenVerifier({ ...options, keys, clock }).verify(good), { code: 'ISSUER_GONE' });
});

t.test('who it says it is from', (t) => {
  t.equal(claimedIssuer(good), ISSUER);
  for (const token of ['', 'a.b.c', forge({}, { iss: 7 }), `${good}.x`, forge({}, [null])])
    t.equal(claimedIssuer(token), null);
  t.end();
});
