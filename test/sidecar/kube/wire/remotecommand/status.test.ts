import t from 'tap';
import {
  formatFailure,
  type Outcome,
  StatusReader,
} from '../../../../../sidecar/kube/wire/remotecommand/status.ts';

function read(version: number, text: string, ended = true): Outcome {
  const reader = new StatusReader(version);
  for (const piece of text.match(/.{1,7}/gs) ?? []) reader.push(Buffer.from(piece));
  return reader.outcome(ended);
}

const exited = (message: unknown) =>
  JSON.stringify({
    status: 'Failure',
    message: 'it failed',
    reason: 'NonZeroExitCode',
    details: {
      causes: [
        { reason: 'Other', message: '9' },
        { reason: 'ExitCode', message },
      ],
    },
  });

t.test('since v4, a Status in JSON', async (t) => {
  t.same(read(4, '{"metadata":{},"status":"Success"}'), { kind: 'success', exitCode: 0 });
  t.match(read(5, exited('137')), {
    kind: 'failure',
    exitCode: 137,
    reason: 'NonZeroExitCode',
    message: 'it failed',
  });
  t.match(read(4, exited('-1')), { kind: 'failure', exitCode: null });
  t.match(read(4, exited(3)), { kind: 'failure', exitCode: null });
  t.match(read(4, '{"status":"Failure","reason":"InternalError","message":"no such command"}'), {
    kind: 'failure',
    exitCode: null,
    reason: 'InternalError',
    message: 'no such command',
  });
  for (const causes of ['null', '{}', '[null]', '"x"']) {
    const text = `{"status":"Failure","reason":"NonZeroExitCode","details":{"causes":${causes}}}`;
    t.match(read(4, text), { kind: 'failure', exitCode: null }, causes);
  }
});

t.test('before v4, plain text, and silence is success', async (t) => {
  t.same(read(1, ''), { kind: 'success', exitCode: 0 });
  t.same(read(3, '', false), { kind: 'none' }, 'unless it was cut off');
  t.match(read(2, 'command terminated with non-zero exit code: exit status 3'), {
    kind: 'failure',
    exitCode: 3,
  });
  t.match(read(3, 'error executing remote command: no such container'), { kind: 'failure', exitCode: null });
  t.match(read(1, '{"status":"Success"}'), { kind: 'failure' }, 'JSON means nothing there');
});

t.test('what is no Status is a failure with its text, and silence since v4 is no outcome', async (t) => {
  for (const text of ['{', 'null', '[]', '{"status":"success"}', '{"status":1}']) {
    t.match(read(4, text), { kind: 'failure', exitCode: null, message: text }, text);
  }
  t.same(read(4, ''), { kind: 'none' });
  const long = read(4, `{"status":"Success","message":"${'x'.repeat(70_000)}"}`);
  t.match(long, { kind: 'failure', exitCode: null });
  t.equal(long.kind === 'failure' && long.message.length, 65_536, 'memory is bounded');
});

t.test('a refusal of ours reads back', async (t) => {
  const text = formatFailure(4, 'refused by rule "no-exec"', 'Forbidden', 403).toString();
  t.match(read(4, text), {
    kind: 'failure',
    exitCode: null,
    reason: 'Forbidden',
    message: 'refused by rule "no-exec"',
  });
  t.match(read(1, formatFailure(1, 'refused', 'Forbidden', 403).toString()), { message: 'refused' });
});
