/** Verification over the API: progress, the report, what stops it, and how many may run. */
import t from 'tap';
import { RemoteArchive } from '../../../recorder/client/archive.ts';
import type { VerifyReport } from '../../../recorder/log/ports.ts';
import { endDraft, ID, outputDraft, startDraft, startWorld } from './world.ts';

const report: VerifyReport = { ok: true, size: 3, sessions: 1, checkpoint: 'note', problems: [] };

t.test('the real log verifies', async (t) => {
  const world = await startWorld(t);
  await world.log.append(ID, [startDraft(), outputDraft('hello'), endDraft()]);
  const remote = new RemoteArchive(world.recorder);
  t.match(await remote.verify(), { ok: true, problems: [] });
  t.match(await remote.verify({ session: ID }), { ok: true, problems: [] });
  await t.rejects(remote.verify({ session: ID.replace('1', '2') }), { code: 'SESSION_UNKNOWN' });
});

t.test('progress comes while it runs, and the report at the end', async (t) => {
  const world = await startWorld(t);
  const { promise, resolve } = Promise.withResolvers<void>();
  world.log.verify = async (options) => {
    options?.progress?.(1, 3);
    await promise;
    return report;
  };
  const remote = new RemoteArchive(world.recorder);
  const seen: [number, number][] = [];
  const progress = (done: number, total: number) => {
    seen.push([done, total]);
    resolve();
  };
  t.same(await remote.verify({ progress }), report);
  t.same(seen, [[1, 3]]);
});

t.test('a failure on the way is told', async (t) => {
  const world = await startWorld(t);
  world.log.verify = async () => {
    throw new Error('inner words');
  };
  const remote = new RemoteArchive(world.recorder);
  await t.rejects(remote.verify(), { code: 'STORE_FAILED', message: /^(?!.*inner)/ });
});

t.test('it stops when nobody listens any more, and makes room', async (t) => {
  const world = await startWorld(t);
  const stopped: Promise<void>[] = [];
  world.log.verify = ({ signal } = {}) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    stopped.push(promise);
    return new Promise((_, reject) => {
      signal?.addEventListener('abort', () => {
        resolve();
        reject(signal.reason);
      });
    });
  };
  const remote = new RemoteArchive(world.recorder);
  const leave = new AbortController();
  const running = [1, 2].map(() =>
    t.rejects(remote.verify({ signal: leave.signal }), { name: 'AbortError' }),
  );
  while (stopped.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  await t.rejects(remote.verify(), { code: 'BUSY', message: /running already/ });
  leave.abort();
  await Promise.all([...running, ...stopped]);
  world.log.verify = async () => report;
  t.same(await remote.verify(), report);
});
