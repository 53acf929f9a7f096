/** Agents' wrappers: recognised exactly, and completed by real shells where the command in them is refused. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import fc from 'fast-check';
import t from 'tap';
import { unwrapped } from '../../../sidecar/agent/wrapper.ts';
import { needs } from '../../tool.ts';
import { CLAUDE, CURSOR_BASH, CURSOR_ZSH, cursorBash, cursorZsh, GEMINI, variants } from './wrappers.ts';

t.test('each form in each of its variants is recognised, and what is in it is the command', async (t) => {
  for (const script of variants(CURSOR_BASH))
    t.match(unwrapped(cursorBash('ls -l', script)), { agent: 'cursor', command: 'ls -l' });
  for (const script of variants(CURSOR_ZSH)) {
    t.match(unwrapped(cursorZsh('ls -l', script)), { agent: 'cursor', command: 'ls -l' });
    t.match(unwrapped(['zsh', '-c', script, '--', 'ls -l']), { agent: 'cursor' });
  }
  for (const script of variants(CLAUDE))
    for (const options of [['-c'], ['-c', '-l'], ['-l', '-c'], ['-lc']])
      t.match(unwrapped(['bash', ...options, script]), { agent: 'claude', command: "echo 'it''s'" });
  for (const script of variants(GEMINI))
    t.match(unwrapped(['bash', '-c', script]), { agent: 'gemini', command: 'ls -l' });
  t.equal(unwrapped(['bash', '-lc', 'ls -l']), null, "Codex's is read as it stands");
});

/** One edit of a text. */
const edit = (length: number) =>
  fc.record({
    at: fc.nat(length),
    take: fc.nat(3),
    put: fc.constantFrom('', ' ', ';', '&', 'x', '\n', '"', "'", '$(id)', '; rm -rf /;', '3', '}', '{ '),
  });

t.test('what looks like one is none: any edit of a wrapper makes it another, or a variant', async (t) => {
  const all = new Set([...variants(CURSOR_BASH), ...variants(CURSOR_ZSH)]);
  for (const [script, argv] of [
    [variants(CURSOR_BASH).at(-1)!, cursorBash],
    [variants(CURSOR_ZSH).at(-1)!, cursorZsh],
  ] as const)
    fc.assert(
      fc.property(edit(script.length), ({ at, take, put }) => {
        const edited = script.slice(0, at) + put + script.slice(at + take);
        const recognised = unwrapped(argv('ls', edited)) !== null;
        if (recognised && !all.has(edited)) throw new Error(`taken for a wrapper: ${edited}`);
      }),
      { seed: 20261122, numRuns: 3000 },
    );
  for (const argv of [
    [...cursorBash('ls'), 'more'],
    cursorBash('ls').slice(0, -1),
    ['bash', '-c', ...cursorBash('ls').slice(4)],
    ['bash', '-O', 'extglob', '-i', ...cursorBash('ls').slice(3)],
    ['zsh', '-o', 'extendedglob', ...cursorBash('ls').slice(3)],
    cursorBash('ls').map((word) => (word === '--' ? '-' : word)),
  ])
    t.equal(unwrapped(argv), null, argv.join(' '));
});

t.test('outside of its own word an agent cannot hide anything in a wrapper', async (t) => {
  const claude = variants(CLAUDE).at(-1)!;
  for (const edited of [
    claude.replace('.claude/shell-snapshots', '.claude/../evil/shell-snapshots'),
    claude.replace('snapshot-bash-1-a.sh', 'snapshot-bash-1-a.sh;id'),
    claude.replace(' < /dev/null &&', ' < /dev/null && id &&'),
    claude.replace('/tmp/claude-1a2b-cwd', '/tmp/../etc/claude-1a2b-cwd'),
    claude.replace('/tmp/claude-1a2b-cwd', '$(id)/claude-1a2b-cwd'),
    claude.replace(/eval '/, "eval 'a' 'id"),
    `${claude}\nid`,
  ]) {
    t.not(edited, claude);
    t.equal(unwrapped(['bash', '-c', edited]), null, edited);
  }
  // Where braces do not close what they should, the command is no script by itself.
  const gemini = '{ ls; }; id; { ls; }; __code=$?; pgrep -g 0 >/tmp/shell_pgrep_0a.tmp 2>&1; exit $__code;';
  t.equal(unwrapped(['bash', '-c', gemini])?.command, 'ls; }; id; { ls');
});

/** Runs an argv as Cursor does: pipes, a snapshot on descriptor 3, the state on 4. */
async function asCursor(argv: readonly string[], snapshot: string) {
  const [file = '', ...args] = argv;
  const child = spawn(file, args, {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH },
  });
  const [, stdout, stderr, bring, take] = child.stdio as [null, Readable, Readable, Writable, Readable];
  const said = [stdout, stderr, take].map((stream) => {
    const pieces: Buffer[] = [];
    stream.on('data', (piece) => pieces.push(piece));
    return pieces;
  });
  const drained = new Promise<Error | null>((resolve) => {
    bring.on('error', resolve);
    bring.end(snapshot, () => resolve(null));
  });
  const [status] = await once(child, 'close');
  const [out, err, state] = said.map((pieces) => Buffer.concat(pieces).toString());
  return { status, out, err, state, epipe: await drained };
}

const BASH_STATE = 'dump_bash_state() { builtin export -p; }\nexport KEPT=before OLD=1\n';
const LARGE = `${BASH_STATE}${'# a line of the snapshot\n'.repeat(40_000)}`;

t.test('real shells: a refusal drains the snapshot, says why, and hands the state on', async (t) => {
  for (const [shell, wrapper, snapshot] of [
    ['bash', cursorBash, LARGE],
    ['zsh', cursorZsh, LARGE.replaceAll('bash', 'zsh')],
  ] as const)
    await t.test(shell, async (t) => {
      if (!needs(t, shell)) return;
      const argv = wrapper("export KEPT=after; echo ran; exit 3; echo 'x'");
      t.match(await asCursor(wrapper('export KEPT=after; echo ran; (exit 3)'), snapshot), {
        ...{ status: 3, out: 'ran\n', err: '', epipe: null },
        state: /KEPT=.?after/,
      });
      const wrapped = unwrapped(argv)!;
      t.match(await asCursor(wrapped.refusing('it\'s "no" $(id)'), snapshot), {
        ...{ status: 126, out: '', err: 'it\'s "no" $(id)\n', epipe: null },
        state: /KEPT=.?before/,
      });
      const telling = unwrapped(wrapper('echo "$KEPT $OLD"'))!.exporting!({ OLD: "it's new" });
      t.match(await asCursor(telling, snapshot), {
        ...{ status: 0, out: "before it's new\n", err: '', epipe: null },
        state: /OLD/,
      });
    });
});

t.test("real shells: Claude Code's and Gemini's wrappers end with the refusal", async (t) => {
  if (!needs(t, 'bash')) return;
  for (const script of [
    "shopt -u extglob 2>/dev/null || true && eval 'echo ran' < /dev/null && pwd -P >| /tmp/claude-0-none/claude-1a2b-cwd",
    '{ echo ran; }; __code=$?; pgrep -g 0 >/tmp/none/shell_pgrep_0a.tmp 2>&1; exit $__code;',
  ]) {
    const refused = unwrapped(['bash', '-c', script])!.refusing("it's no");
    t.match(await asCursor(refused, ''), { status: 126, out: '', err: /^it's no\n/ });
  }
});
