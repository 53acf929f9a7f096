import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import t from 'tap';
import {
  createAuthority,
  issueServerCertificate,
  isUsable,
  SERVER_ADDRESSES,
  SERVER_NAMES,
} from '../../../../sidecar/kube/credentials/certificates.ts';

const DAY = 24 * 60 * 60 * 1000;
const NOW = new Date('2026-11-22T12:00:00Z');

t.test('a certificate that its authority signed, for every name we go by', async (t) => {
  const authority = await createAuthority(NOW);
  const issued = await issueServerCertificate(authority, NOW);
  const root = new X509Certificate(authority.certificate);
  const leaf = new X509Certificate(issued.certificate);
  t.ok(leaf.verify(root.publicKey) && leaf.checkIssued(root));
  t.ok(root.ca);
  t.notOk(leaf.ca);
  for (const address of SERVER_ADDRESSES) t.ok(leaf.checkIP(address), address);
  for (const name of SERVER_NAMES) t.ok(leaf.checkHost(name), name);
  t.notOk(leaf.checkHost('example.com') || leaf.checkIP('10.0.0.1'));
  t.ok(new Date(leaf.validFrom).getTime() < NOW.getTime() && leaf.validTo === root.validTo);
  t.same(leaf.keyUsage, ['1.3.6.1.5.5.7.3.1'], 'a server’s and nothing else');
  t.not(authority.key, issued.key);
});

t.test('a client that trusts the authority, and only that, gets through', async (t) => {
  const now = new Date();
  const [authority, other] = [await createAuthority(now), await createAuthority(now)];
  const { certificate: cert, key } = await issueServerCertificate(authority, now);
  const server = createServer({ cert, key });
  server.on('tlsClientError', () => undefined);
  server.on('secureConnection', (socket) => socket.on('error', () => undefined).resume());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => new Promise((resolve) => server.close(resolve)));
  const { port } = server.address() as AddressInfo;
  const good = connect({ host: '127.0.0.1', port, ca: authority.certificate });
  await once(good, 'secureConnect');
  t.ok(good.authorized);
  good.destroy();
  const bad = connect({ host: '127.0.0.1', port, ca: other.certificate });
  const [error] = await once(bad, 'error');
  t.ok(error);
});

t.test('what is kept is used only while it is whole and has time left', async (t) => {
  const authority = await createAuthority(NOW);
  const other = await createAuthority(NOW);
  t.ok(await isUsable(authority, NOW));
  t.notOk(await isUsable({ ...authority, key: other.key }, NOW), 'another’s key');
  t.notOk(await isUsable({ ...authority, certificate: 'nonsense' }, NOW));
  t.notOk(await isUsable({ ...authority, key: '' }, NOW));
  t.notOk(await isUsable(authority, new Date(NOW.getTime() + 3400 * DAY)), 'near its end');
});
