import t from 'tap';
import { acceptFor, isKey } from '../../../../../sidecar/kube/wire/websocket/handshake.ts';
import { captures } from '../../../../kube-captures/capture.ts';

t.test('the accept of RFC 6455, and those of a real server', async (t) => {
  t.equal(acceptFor('dGhlIHNhbXBsZSBub25jZQ=='), 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  for (const { name, request, response } of captures('websocket')) {
    const [key] = request.get('sec-websocket-key')!;
    t.ok(isKey(key!), name);
    t.equal(acceptFor(key!), response.get('sec-websocket-accept')![0], name);
  }
});

t.test('a key is 16 bytes in base64', async (t) => {
  for (const key of [
    '',
    'dGhlIHNhbXBsZSBub25jZQ',
    'dGhlIHNhbXBsZSBub25jZR==',
    'dGhlIHNhbXBsZSBub25jZQ==\r\nX: y',
  ]) {
    t.notOk(isKey(key), key);
  }
});
