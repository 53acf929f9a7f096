/** Input is recorded as far as it passes, and never where a terminal does not show it. */
import t from 'tap';
import type { DraftBody } from '../../../../recorder/audit/event.ts';
import { EchoedInput, PipedInput } from '../../../../sidecar/kube/remote/input.ts';
import { OpenStdin, type StdinGate } from '../../../../sidecar/kube/remote/stdin.ts';
import { InputRecorder } from '../../../../sidecar/session/input-recorder.ts';
import { stage } from './stage.ts';

t.test('what a gate lets pass, in pieces that are shown alone, before it goes on', async (t) => {
  const recorded: DraftBody[] = [];
  const half: StdinGate = {
    write: async (bytes) => ({ pass: bytes.subarray(0, bytes.length / 2) }),
    end: async () => ({ pass: Buffer.from('end') }),
  };
  const input = new PipedInput(half, async (body) => void recorded.push(body));
  const { pass } = await input.write(Buffer.alloc(300_000, 'x'));
  t.equal(pass.length, 150_000);
  await input.end();
  t.same(
    recorded.map((body) => body.type === 'session.input' && body.content.length),
    [65_536, 65_536, 18_928, 3],
  );
});

t.test('a terminal: what it echoes is recorded, what it does not is not', async (t) => {
  const play = await stage(t);
  const { id, log } = await play.begin();
  const input = new EchoedInput(new OpenStdin(), new InputRecorder(log, (error) => t.fail(String(error))));
  await input.write(Buffer.from('whoami\r'));
  await input.shown(Buffer.from('whoami\r\nroot\r\nPassword: '));
  await input.write(Buffer.from('secret\r'));
  await input.shown(Buffer.from('\r\n$ '));
  await log.end({ reason: 'exited', status: 0 });
  const typed = (await play.events(id)).flatMap(({ event, content }) =>
    event.body.type === 'session.input' && content !== null ? [content] : [],
  );
  t.equal(Buffer.concat(typed).toString(), 'whoami\r\r');
});
