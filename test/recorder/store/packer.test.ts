/** The thread that packs floods: what comes back is what was handed in, and without it nothing is lost. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import t from 'tap';
import { groupedBack, unpack } from '../../../recorder/store/content.ts';
import { type Packed, Packer } from '../../../recorder/store/packer.ts';

/** Offers until the thread is there. */
async function packed(packer: Packer, contents: Uint8Array[]): Promise<Packed[] | null> {
  for (;;) {
    const answer = packer.offer(contents);
    if (answer !== null) return answer;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

const text = (size: number, seed: number) =>
  Buffer.from(Array.from({ length: size / 16 }, (_, i) => `line ${(i * seed) % 9973}`.padEnd(15)).join('\n'));

t.test(
  'contents of every kind come back in order, each with the reference that the leaf needs',
  async (t) => {
    const packer = new Packer();
    t.teardown(() => packer.close());
    const floods = [
      [text(65_536, 3), text(65_536, 5), text(65_536, 7), text(65_536, 11)],
      [randomBytes(65_536), randomBytes(65_536), randomBytes(65_536), randomBytes(65_536)],
      [Buffer.alloc(140_000), Buffer.from('x'), Buffer.alloc(0)],
      [randomBytes(200_000)],
    ];
    await packed(packer, floods[0]!);
    // Eight at once are all that it takes: the caller does the rest.
    const answers = Array.from({ length: 20 }, (_, i) => packer.offer(floods[i % floods.length]!));
    t.equal(answers.filter((answer) => answer !== null).length, 8);
    for (const [i, answer] of answers.slice(0, 8).entries()) {
      const got = await answer;
      const contents = floods[i % floods.length]!;
      t.equal(got?.length, contents.length);
      t.ok(contents.every((bytes, j) => unpack(got![j]!.value, got![j]!.ref, null)?.equals(bytes)));
      t.ok(got?.every(({ value }) => groupedBack(value) === 0));
    }
    const [one, other] = await Promise.all([packed(packer, floods[3]!), packed(packer, floods[3]!)]);
    t.not(one![0]!.ref.hash, other![0]!.ref.hash, 'each has a salt of its own');
  },
);

t.test('what was handed over may be overwritten at once', async (t) => {
  const packer = new Packer();
  t.teardown(() => packer.close());
  const bytes = text(262_144, 3);
  await packed(packer, [bytes]);
  const answer = packer.offer([bytes]);
  const before = Buffer.from(bytes);
  bytes.fill(0);
  const [only] = (await answer) ?? [];
  t.ok(unpack(only!.value, only!.ref, null)?.equals(before));
});

t.test('little, and more than fits, is left to the caller', async (t) => {
  const packer = new Packer();
  t.teardown(() => packer.close());
  await packed(packer, [Buffer.alloc(1 << 17)]);
  t.equal(packer.offer([Buffer.alloc(1000)]), null);
  t.equal(packer.offer([Buffer.alloc(1 << 20)]), null);
  t.equal(packer.offer([]), null);
});

t.test('with the thread goes only the help: who waits is told, and who comes later too', async (t) => {
  const packer = new Packer();
  await packed(packer, [Buffer.alloc(1 << 17)]);
  const waiting = [packer.offer([randomBytes(1 << 18)]), packer.offer([randomBytes(1 << 18)])];
  await packer.close();
  t.same(await Promise.all(waiting), [null, null]);
  t.equal(packer.offer([Buffer.alloc(1 << 17)]), null);
});

t.test('a process waits for an answer, and not for an idle thread', async (t) => {
  const script = `
    import { Packer } from ${JSON.stringify(new URL('../../../recorder/store/packer.ts', import.meta.url).href)};
    const packer = new Packer();
    const ask = () => packer.offer([Buffer.alloc(1 << 18)]);
    while (ask() === null) await new Promise((resolve) => setTimeout(resolve, 2));
    for (let i = 0; i < 20; i++) await ask();
    console.log('answered');
  `;
  const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    env: {},
    timeout: 30_000,
  });
  t.same({ status, stdout }, { status: 0, stdout: 'answered\n' });
});
