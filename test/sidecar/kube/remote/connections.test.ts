/** What the log says of connections, whatever order their ends come in. */
import t from 'tap';
import type { DraftBody } from '../../../../recorder/audit/event.ts';
import { systemClock } from '../../../../sidecar/clock.ts';
import { Connections } from '../../../../sidecar/kube/remote/connections.ts';

function scene(implicit: boolean, refuses: (port: number) => string | null = () => null) {
  const recorded: DraftBody[] = [];
  const connections = new Connections({
    ...{ clock: systemClock, refuses, implicit },
    record: async (body) => void recorded.push(body),
  });
  return { recorded, connections };
}

const STREAM = { connection: '0', type: 'data', port: 80 } as const;

t.test('bytes behind a reset open nothing', async (t) => {
  const { recorded, connections } = scene(false);
  t.equal(await connections.open(STREAM), null);
  await connections.passed(STREAM, 'client', Buffer.from('abc'));
  await connections.reset(STREAM);
  await connections.passed(STREAM, 'server', Buffer.from('late'));
  await connections.closeAll('over');
  t.match(recorded, [
    { type: 'connection.opened', number: 1, port: 80 },
    { type: 'connection.closed', number: 1, sent: 3, received: 0, error: 'reset' },
  ]);
  t.equal(recorded.length, 2);
});

t.test('over the old channels the first byte opens, and is refused where its port is', async (t) => {
  const { recorded, connections } = scene(true, (port) => (port === 81 ? 'not that port' : null));
  await connections.passed(STREAM, 'client', Buffer.from('abc'));
  await connections.passed(STREAM, 'server', Buffer.from('de'));
  await t.rejects(connections.passed({ ...STREAM, connection: '1', port: 81 }, 'client', Buffer.from('x')), {
    message: 'not that port',
  });
  await connections.closeAll('over');
  t.match(recorded, [
    { type: 'connection.opened', number: 1, port: 80 },
    { type: 'connection.opened', number: 2, port: 81 },
    { type: 'connection.closed', number: 2, sent: 0, error: 'not that port' },
    { type: 'connection.closed', number: 1, sent: 3, received: 2 },
  ]);
});
