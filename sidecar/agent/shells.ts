/**
 * The entrance for shells that a launcher stands in for:
 *
 *     question ──▶ Asked ──▶ CommandAction ──▶ the gate ──▶ verdict ──▶ RecordedShell
 *
 * A shell that one of ours has started is a command of that session; any other begins a session of its own.
 */
import { ulid } from 'ulid';
import type { Decision } from '../../recorder/audit/decision.ts';
import type { DraftBody } from '../../recorder/audit/event.ts';
import type { Identity } from '../../recorder/audit/identity.ts';
import type { Entrance } from '../../recorder/audit/session.ts';
import type { Micros, SessionId } from '../../recorder/audit/units.ts';
import type { Endable } from '../../recorder/log/endings.ts';
import type { Archive } from '../../recorder/log/ports.ts';
import type { CommandAction, Verdict } from '../action.ts';
import type { Waiting } from '../gate.ts';
import { claimsIn } from '../identity/local.ts';
import { type Guard, SessionLog } from '../session/session-log.ts';
import { namedFiles } from '../shell/named-files.ts';
import { type Asked, readQuestion, textOf } from './reading.ts';
import { RecordedShell } from './recorded-shell.ts';
import { restored } from './restored.ts';
import { Script } from './script.ts';
import { actionOf, contextOf, type Surroundings } from './shell-action.ts';
import type { LauncherFrame, ShellQuestion } from './shell-frame.ts';
import type { Talk } from './talk.ts';
import type { Tokens } from './tokens.ts';
import { Unrecorded } from './unrecorded.ts';
import { asItCame, type Begun, refusal, relayed, running, sayNo } from './verdict.ts';

export interface ShellsOptions {
  guard: Guard;
  /** Whom the agent runs as; what the environment claims is added. */
  identity: Identity;
  /** Adds what a signed token proves of it. */
  signed?: ((identity: Identity) => Identity) | undefined;
  around: Surroundings;
  tokens: Tokens;
  archive: Archive;
  endings: Endable;
  /** What else the processes of a session may use. */
  access?: SessionAccess | undefined;
  /** Whether the policy would rather have a shell run unrecorded than not at all. */
  continues?: (identity: Identity) => boolean;
  /** What the policy says of an action, where that cannot be recorded. */
  decide?: (action: CommandAction, identity: Identity) => Decision;
  /** Milliseconds in which a launcher that lost its connection may come back. */
  patience?: number;
  /** Told of what nobody expected. */
  report: (error: unknown) => void;
}

/** What leads the processes of a session further, and records it in that session. */
export interface SessionAccess {
  /** @returns what they need to be told, as variables */
  open(session: SessionId): Promise<Record<string, string>>;
  /** Awaited before the session's own end is forgotten. */
  close(session: SessionId): Promise<void>;
}

export const SHELL = 'CHAPERONE_SHELL';
export const SHELL_TOKEN = 'CHAPERONE_SHELL_TOKEN';

/** So often a launcher is told that we are still there. */
const STILL_HERE_MS = 1000;
/** A launcher tries for a minute. */
const PATIENCE_MS = 75_000;
/** Sessions at once. */
const MOST = 4096;

export class Shells {
  readonly #options: ShellsOptions;
  readonly #live = new Map<SessionId, RecordedShell>();
  readonly #unrecorded: Unrecorded;
  readonly #coming = new Map<SessionId, Promise<RecordedShell | null>>();

  constructor(options: ShellsOptions) {
    this.#options = options;
    this.#unrecorded = new Unrecorded(options.guard);
  }

  /** Never rejects. What cannot be recorded or decided is refused, and so is what is not asked as it wants to be. */
  async serve(talk: Talk, first: LauncherFrame): Promise<void> {
    try {
      if (first.kind === 'shell') await this.#ask(talk, first);
      else if (first.kind === 'resume') await this.#resume(talk, first.token);
      else talk.destroy();
    } catch (error) {
      if (talk.gone.aborted) return;
      this.#options.report(error);
      sayNo(talk, 'chaperone: this shell is refused, because it cannot be recorded');
    }
  }

  /** Their launchers hold back what is not stored, and come back. */
  close(): void {
    for (const shell of this.#live.values()) shell.leave();
    this.#live.clear();
  }

  async #ask(talk: Talk, question: ShellQuestion): Promise<void> {
    const parent = this.#parentOf(question);
    const asked = readQuestion(question, { nested: parent !== null });
    const action = actionOf(asked, this.#options.around);
    if (parent !== null) return this.#askNested(talk, { asked, action, parent });
    if (this.#live.size >= MOST) {
      sayNo(talk, 'chaperone: this shell is refused, because too many run at once');
      return;
    }
    await this.#begin(talk, question, { asked, action });
  }

  /** As a command of the session that started it, which records what it prints. */
  async #askNested(talk: Talk, { asked, action, parent }: Nested): Promise<void> {
    const judge = (one: CommandAction) =>
      this.#judged(talk, one, (waiting) => parent.log.judge(one, waiting));
    const verdict = await judge(action);
    if (!verdict.ok) return sayNo(talk, refusal(asked, verdict));
    if (asked.source.from !== 'pipe') {
      talk.say(asItCame());
      talk.end();
      return;
    }
    const failed = (error: unknown) => {
      this.#options.report(error);
      talk.destroy();
    };
    const script = this.#script(asked, action, { talk, judge, failed });
    talk.listen({
      heard: (frame) => {
        if (frame.kind === 'script') script.push(frame.offset, frame.bytes);
        else if (frame.kind === 'end') talk.end();
        else if (frame.kind !== 'exited') talk.destroy();
      },
      gone: () => undefined,
    });
    talk.say({ ...asItCame(), relay: { stdout: false, stderr: false, terminal: false, script: true } });
  }

  async #begin(talk: Talk, question: ShellQuestion, { asked, action }: Understood): Promise<void> {
    const { guard, tokens, access } = this.#options;
    const session = ulid();
    const log = new SessionLog({
      ...{ guard, session, cwd: asked.cwd, identity: this.#identityOf(asked) },
      entrance: entranceOf(question, asked),
    });
    const streams = relayed(question);
    const command = question.argv.map(textOf);
    const terminal = streams.includes('terminal') ? { terminal: terminalOf(question, asked) } : {};
    const verdict = await this.#judged(talk, action, (waiting) =>
      log.startJudged({ command, ...terminal }, action, waiting),
    ).catch((error: unknown) => this.#unrecordable(error, { asked, action }));
    if (verdict === null) {
      talk.say(asItCame());
      return talk.end();
    }
    await this.#unrecorded.tell();
    if (question.running) await log.append(ranBefore(log.now()));
    const { source } = asked;
    if (talk.gone.aborted) return log.end({ reason: 'detached', status: 129 });
    const late = question.running && !verdict.ok;
    if (!verdict.ok && !late && source.from !== 'wrapper') {
      sayNo(talk, refusal(asked, verdict));
      return log.end({ reason: 'refused', status: 126 });
    }
    const variables = {
      [SHELL]: session,
      [SHELL_TOKEN]: tokens.child(session),
      ...(verdict.ok && (await access?.open(session))),
    };
    const shell = this.#open(session, log, { streams, refused: !verdict.ok && !late });
    const judge = (one: CommandAction) => this.#judged(talk, one, (waiting) => log.judge(one, waiting));
    const failed = (error: unknown) => shell.fail(error);
    const script =
      source.from === 'pipe' && !question.running
        ? this.#script(asked, action, { talk, judge, failed })
        : null;
    shell.begin(talk, script);
    // It runs already, and cannot be made another: that it should not have is recorded.
    const begun: Begun = {
      asked,
      verdict: late ? null : verdict,
      streams,
      variables,
      token: tokens.resume(session),
    };
    talk.say(running(begun, script !== null));
  }

  /**
   * Where the decision cannot be recorded: null where the policy lets it run even so.
   * @throws `error` where it does not
   */
  #unrecordable(error: unknown, { asked, action }: Understood): null {
    const { continues, decide, report } = this.#options;
    const identity = this.#identityOf(asked);
    if (!continues?.(identity) || decide?.(action, identity).effect !== 'allow') throw error;
    report(error);
    this.#unrecorded.note();
    return null;
  }

  /** While it takes its time, the launcher is told that we are there. */
  async #judged(
    talk: Talk,
    action: CommandAction,
    judge: (waiting: Waiting) => Promise<Verdict>,
  ): Promise<Verdict> {
    const visible = this.#options.around.files() !== null;
    const wait = () => talk.say({ kind: 'wait' });
    const stillHere = setInterval(wait, STILL_HERE_MS);
    try {
      const files = visible ? { files: () => namedFiles(action) } : {};
      return await judge({ signal: talk.gone, waiting: wait, ...files });
    } finally {
      clearInterval(stillHere);
    }
  }

  #open(
    session: SessionId,
    log: SessionLog,
    how: Pick<ConstructorParameters<typeof RecordedShell>[0], 'streams' | 'stored' | 'refused'>,
  ): RecordedShell {
    const { access, endings, patience = PATIENCE_MS, report } = this.#options;
    const shell: RecordedShell = new RecordedShell({
      ...{ session, log, patience, ...how },
      continues: () => this.#options.continues?.(this.#options.identity) ?? false,
      over: () => {
        unwatch();
        this.#live.delete(session);
        access?.close(session).catch(report);
      },
    });
    const unwatch = endings.watch(session, (reason) => shell.stop(`chaperone: ${reason}`));
    this.#live.set(session, shell);
    return shell;
  }

  #script(
    asked: Asked,
    after: CommandAction,
    how: Pick<ConstructorParameters<typeof Script>[0], 'talk' | 'judge' | 'failed'>,
  ): Script {
    return new Script({ ...how, after, context: contextOf(asked, this.#options.around) });
  }

  async #resume(talk: Talk, token: Uint8Array): Promise<void> {
    const session = this.#options.tokens.resumes(token);
    const shell = session === null ? null : (this.#live.get(session) ?? (await this.#restore(session)));
    if (shell === null) return sayNo(talk, 'chaperone: this is no session that goes on');
    await shell.resume(talk);
  }

  /** After a restart. Two that come at once get the same one. */
  #restore(session: SessionId): Promise<RecordedShell | null> {
    const coming = this.#coming.get(session) ?? this.#restored(session);
    this.#coming.set(session, coming);
    return coming.finally(() => this.#coming.delete(session));
  }

  async #restored(session: SessionId): Promise<RecordedShell | null> {
    const { archive, guard } = this.#options;
    const found = await restored(archive, session);
    if (found === null) return null;
    const { identity, cwd, entrance, host } = found.summary;
    // Where they were: what was given to its processes before the restart is worth nothing any more.
    await this.#options.access?.open(session);
    const log = new SessionLog({ guard, session, identity, cwd, host, ...(entrance && { entrance }) });
    return this.#open(session, log, found);
  }

  #parentOf({ environment }: ShellQuestion): RecordedShell | null {
    const { [SHELL]: session, [SHELL_TOKEN]: token } = claimedIn(environment);
    if (session === undefined || token === undefined) return null;
    const parent = this.#live.get(session) ?? null;
    return parent !== null && this.#options.tokens.isChild(session, token) ? parent : null;
  }

  #identityOf({ environment }: Asked): Identity {
    const claimed: Identity = { ...this.#options.identity, ...claimsIn(environment), proof: 'claimed' };
    return this.#options.signed?.(claimed) ?? claimed;
  }
}

interface Understood {
  asked: Asked;
  action: CommandAction;
}

interface Nested extends Understood {
  parent: RecordedShell;
}

function entranceOf(question: ShellQuestion, { source, parent }: Asked): Entrance {
  const { pid } = question;
  const entrance = { kind: 'launcher', shell: textOf(question.shell), pid, parent } as const;
  if (source.from !== 'wrapper') return entrance;
  const { agent, command } = source.wrapped;
  return { ...entrance, wrapper: { agent, line: textOf(Buffer.from(command, 'latin1')) } };
}

function ranBefore(from: Micros): DraftBody {
  return { type: 'gap', reason: 'it began to run before it could be recorded', from };
}

function terminalOf({ columns, rows }: ShellQuestion, { environment }: Asked) {
  return { cols: columns, rows, term: environment.TERM ?? '' };
}

/** What says whose child it is. */
function claimedIn(environment: readonly Buffer[]): Partial<Record<string, string>> {
  const claims: Partial<Record<string, string>> = {};
  for (const pair of environment) {
    const [, name, value] = /^(CHAPERONE_SHELL(?:_TOKEN)?)=([\w-]*)$/.exec(pair.toString('latin1')) ?? [];
    if (name !== undefined) claims[name] ??= value!;
  }
  return claims;
}
