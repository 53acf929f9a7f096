/** When a connection through us is over, and who may still read. */
import t from 'tap';
import { type Bank, Bridge, type Traffic } from '../../../../sidecar/kube/remote/bridge.ts';

/** A bank that says one thing, and ends when it is told to. */
function bank(name: 'client' | 'server', steps: string[]) {
  const end = Promise.withResolvers<void>();
  const flush = Promise.withResolvers<void>();
  const self: Bank<string> = {
    async *events() {
      yield name;
      await end.promise;
    },
    flushed: async () => {
      await flush.promise;
      steps.push(`${name} flushed`);
    },
    closed: async () => {
      steps.push(`${name} closed`);
      end.resolve();
    },
  };
  return { self, end, flush };
}

function scene() {
  const steps: string[] = [];
  const [client, server] = [bank('client', steps), bank('server', steps)];
  const traffic: Traffic<string> = {
    ...{ client: client.self, server: server.self },
    fromClient: async () => undefined,
    fromServer: async () => undefined,
    settled: async () => undefined,
    sayGoodbye: async () => void steps.push('goodbye'),
  };
  return { steps, client, server, traffic, bridge: new Bridge<string>() };
}

t.test('a client that reads slowly is not closed before it has all that the server said', async (t) => {
  const { steps, client, server, traffic, bridge } = scene();
  const over = bridge.run(traffic);
  server.end.resolve();
  while (!steps.includes('server closed')) await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  t.same(steps, ['goodbye', 'server closed']);
  client.flush.resolve();
  t.same(await over, { kind: 'ended' });
  t.same(steps.slice(2), ['client flushed', 'client closed']);
});

t.test('a client that left is not waited for', async (t) => {
  const { steps, client, traffic, bridge } = scene();
  const over = bridge.run(traffic);
  client.end.resolve();
  t.same(await over, { kind: 'left' });
  t.same(steps.sort(), ['client closed', 'goodbye', 'server closed']);
});
