/** Two streams that take turns: stored and shown in the order in which they came, without a wait at each turn. */
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import t from 'tap';
import { type OutputChannel, RecordedOutput } from '../../../../sidecar/kube/remote/output.ts';
import { newVault } from '../../../../sidecar/mask/new-vault.ts';
import { OutputRecorder } from '../../../../sidecar/session/output-recorder.ts';

function scene(store: () => Promise<void>) {
  const stored: string[] = [];
  const shown: string[] = [];
  const failures: unknown[] = [];
  let [under, most] = [0, 0];
  const vault = newVault();
  const named = (channel: string, bytes: Uint8Array) =>
    [...Buffer.from(bytes).toString()].map((letter) => `${channel} ${letter}`);
  const output = new RecordedOutput((channel, recording) => {
    const stream = channel === 'stderr' ? { stream: channel } : {};
    return new OutputRecorder({
      ...{ ...stream, ...recording, session: 's', clock: { now: () => 0 }, mask: vault.stream() },
      journal: {
        append: async (_session, drafts) => {
          for (const { body } of drafts)
            if (body.type === 'session.output') stored.push(...named(body.stream ?? 'stdout', body.content));
          most = Math.max(most, ++under);
          await store();
          under--;
        },
      },
      forward: async (bytes) => void shown.push(...named(channel, bytes)),
      failed: (error) => failures.push(error),
    });
  });
  return { output, stored, shown, failures, most: () => most };
}

t.test('the order stays, whatever the journal takes', async (t) => {
  const turns = fc.array(
    fc.tuple(fc.constantFrom<OutputChannel>('stdout', 'stderr'), fc.stringMatching(/^[a-z]{1,4}$/)),
    { maxLength: 200 },
  );
  await fc.assert(
    fc.asyncProperty(turns, fc.infiniteStream(fc.nat(2)), async (writes, pauses) => {
      const { output, stored, shown, failures } = scene(async () => {
        const { value } = pauses.next();
        if (value > 0) await delay(value - 1);
      });
      const expected = writes.flatMap(([channel, text]) => [...text].map((letter) => `${channel} ${letter}`));
      for (const [channel, text] of writes) await output.write(channel, Buffer.from(text));
      await output.settled();
      t.same(failures, []);
      return JSON.stringify([stored, shown]) === JSON.stringify([expected, expected]);
    }),
    { seed: 3, numRuns: 40 },
  );
});

t.test('a turn does not wait for the store, and thousands of them do', { timeout: 20_000 }, async (t) => {
  const go = Promise.withResolvers<void>();
  const { output, shown, most } = scene(() => go.promise);
  for (let n = 0; n < 20; n++) {
    await output.write('stdout', Buffer.from('o'));
    await output.write('stderr', Buffer.from('e'));
  }
  t.same(shown, [], 'nothing is shown before it is stored');
  t.ok(most() > 30, `${most()} at once`);
  const flood = (async () => {
    for (let n = 0; n < 2000; n++) {
      await output.write('stdout', Buffer.from('o'));
      await output.write('stderr', Buffer.from('e'));
    }
  })();
  await delay(0);
  t.ok(most() < 200, 'memory is bounded');
  go.resolve();
  await flood;
  await output.settled();
  t.equal(shown.length, 4040);
  t.ok(most() < 200, `${most()} at once`);
});

t.test('what cannot be stored is not shown, on either stream', async (t) => {
  const { output, shown, failures } = scene(async () => {
    throw new Error('full');
  });
  for (const channel of ['stdout', 'stderr', 'stdout'] as const)
    await output.write(channel, Buffer.from('x'));
  await output.settled();
  t.same(shown, []);
  t.ok(failures.length > 0);
});
