/** A real program on a real terminal behind a gate that reads its screen. */
import { spawn } from 'node-pty';
import type { CommandAction, Verdict } from '../../../../../sidecar/action.ts';
import { denialOf, shellText } from '../../../../../sidecar/denial.ts';
import { ScreenGate } from '../../../../../sidecar/kube/remote/screen/gate.ts';
import { Screen } from '../../../../../sidecar/kube/remote/screen/screen.ts';
import type { LoadedPolicy } from '../../../../../sidecar/policy/policy-file.ts';

interface Test {
  teardown(action: () => unknown): void;
}

/** What a gate decided about. */
export interface Decided {
  action: CommandAction;
  ok: boolean;
}

export function screenGate(loaded: LoadedPolicy, joined = false) {
  const decided: Decided[] = [];
  const judge = async (action: CommandAction): Promise<Verdict> => {
    const decision = loaded.decide(action, { user: 'agent', groups: [], proof: 'claimed' });
    const ok = decision.effect === 'allow';
    decided.push({ action, ok });
    return ok ? { ok, decision } : { ok, decision, message: shellText(denialOf(decision)) };
  };
  return { gate: new ScreenGate({ judge, context: { cwd: '/' }, joined }), decided };
}

export class Person {
  readonly decided: Decided[];
  readonly notices: string[] = [];
  readonly #gate: ScreenGate;
  readonly #pty: ReturnType<typeof spawn>;
  readonly #screen = Screen.open();
  #shown: Promise<void> = Promise.resolve();
  #seen = '';
  #look: (() => void) | null = null;

  constructor(
    t: Test,
    argv: string[],
    options: { policy: LoadedPolicy; env: NodeJS.ProcessEnv; cwd: string },
  ) {
    const { gate, decided } = screenGate(options.policy);
    this.#gate = gate;
    this.decided = decided;
    this.#pty = spawn(argv[0]!, argv.slice(1), {
      ...{ cols: 60, rows: 20, name: 'xterm-256color', cwd: options.cwd, env: options.env },
    });
    void gate.resized({ columns: 60, rows: 20 });
    void this.#screen.then((screen) => screen.resize({ columns: 60, rows: 20 }));
    this.#pty.onData((text) => {
      this.#shown = this.#shown
        .then(() => gate.shown(Buffer.from(text)))
        .then(() => {
          this.#seen += text;
        })
        .then(async () => (await this.#screen).write(Buffer.from(text)))
        .then(() => {
          this.#look?.();
        });
    });
    t.teardown(() => {
      this.#pty.kill('SIGKILL');
      void this.#screen.then((screen) => screen.dispose());
    });
  }

  /** Types the keys in one piece. */
  async type(keys: string): Promise<void> {
    for (let rest: Uint8Array | undefined = Buffer.from(keys); rest !== undefined; ) {
      const { pass, notice, again } = await this.#gate.write(rest);
      if (pass.length > 0) this.#pty.write(Buffer.from(pass));
      if (notice !== undefined) this.notices.push(notice);
      rest = again;
    }
  }

  /** One after the other, as fingers do. */
  async keys(...keys: string[]): Promise<void> {
    for (const key of keys) await this.type(key);
  }

  /** Resolves when the screen has shown it since the last call. */
  async sees(expected: string | RegExp): Promise<void> {
    for (;;) {
      const found = typeof expected === 'string' ? this.#seen.indexOf(expected) : this.#seen.search(expected);
      if (found >= 0) {
        this.#seen = this.#seen.slice(found + (typeof expected === 'string' ? expected.length : 1));
        return;
      }
      await new Promise<void>((resolve) => {
        this.#look = resolve;
      });
    }
  }

  /** Resolves when the line of the cursor reads so. */
  async reads(line: string): Promise<void> {
    const screen = await this.#screen;
    while (screen.line().trimEnd() !== line) {
      await new Promise<void>((resolve) => {
        this.#look = resolve;
      });
    }
  }

  /** The lines that were decided about, with what was doubted. */
  lines(): [line: string, doubts: string[]][] {
    return this.decided.map(({ action }) => [action.line, action.unknown.map(({ message }) => message)]);
  }
}
