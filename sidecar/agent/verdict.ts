/** What a launcher is told of a decision. Pure but for saying it. */
import type { Verdict as Judged, Refused } from '../action.ts';
import { decisionLine, denialOf } from '../denial.ts';
import type { Asked } from './reading.ts';
import type { DataStream, ShellQuestion, Verdict } from './shell-frame.ts';
import type { Talk } from './talk.ts';
import type { Wrapped } from './wrapper.ts';

const NOTHING = { stdout: false, stderr: false, terminal: false, script: false } as const;
const EMPTY = Buffer.alloc(0);

/** The streams of a shell that somebody else reads: what is in a file is seen there. */
export function relayed({ terminal, streams }: ShellQuestion): DataStream[] {
  if (terminal.stdin && terminal.stdout && terminal.stderr) return ['terminal'];
  return (['stdout', 'stderr'] as const).filter((name) => /^(pipe|socket)$/.test(streams[name].kind));
}

/** It runs as it was asked for, and is not looked at any more. */
export function asItCame(): Verdict {
  return {
    kind: 'verdict',
    run: true,
    relay: NOTHING,
    message: EMPTY,
    argv: [],
    environment: [],
    token: EMPTY,
  };
}

export interface Begun {
  asked: Asked;
  /** Null where it runs already, whatever was decided. */
  verdict: Judged | null;
  streams: readonly DataStream[];
  /** What its processes are told. */
  variables: Readonly<Record<string, string>>;
  token: Buffer;
}

/** It runs, or, refused within an agent's wrapper, says why not. */
export function running({ asked, verdict, streams, variables, token }: Begun, script: boolean): Verdict {
  const { source } = asked;
  const has = (stream: DataStream) => streams.includes(stream);
  const { wrapped } = source.from === 'wrapper' ? source : { wrapped: null };
  const argv = verdict === null ? [] : argvOf(wrapped, { asked, verdict, variables });
  return {
    ...asItCame(),
    relay: { stdout: has('stdout'), stderr: has('stderr'), terminal: has('terminal'), script },
    argv: (argv ?? []).map((word) => Buffer.from(word, 'latin1')),
    environment: Object.entries(variables).map(([name, value]) => Buffer.from(`${name}=${value}`)),
    token,
  };
}

function argvOf(
  wrapped: Wrapped | null,
  { asked, verdict, variables }: Pick<Begun, 'asked' | 'variables'> & { verdict: Judged },
): string[] | undefined {
  if (verdict.ok) return wrapped?.exporting?.(variables);
  return wrapped?.refusing(binary(refusal(asked, verdict)));
}

/** It does not run. */
export function sayNo(talk: Talk, message: string): void {
  talk.say({ ...asItCame(), run: false, message: Buffer.from(`${message}\n`) });
  talk.end();
}

/** Programs read a line of JSON beside what a person reads, but where `CHAPERONE_DECISIONS` is `text`. */
export function refusal({ environment, source }: Asked, refused: Refused): string {
  const { decision, approval, message } = refused;
  const said = environment.CHAPERONE_DECISIONS;
  if (said === 'text' || (source.from === 'person' && said !== 'json')) return message;
  return `${message}\n${decisionLine(denialOf(decision, approval))}`;
}

/** Each byte as a character, as the words of a wrapper are read. */
function binary(text: string): string {
  return Buffer.from(text).toString('latin1');
}
