/**
 * What a shell's hook says to the broker and gets back, as bytes. Pure.
 *
 * One connection for each question, opened and closed by the hook: no descriptor is left that a command
 * would inherit, and replies cannot mix however many subshells ask at once. bash can open TCP connections
 * and UDP sockets by itself (`/dev/tcp`, `/dev/udp`) but no Unix sockets, so this is the loopback, and every line
 * proves itself. bash asks by one datagram where the question fits (a third of a connection's cost), and by a
 * connection where it does not, where no answer came, and for the reason of a refusal. zsh can open Unix sockets, and
 * connects to one in the session's private directory: half of what a connection over the loopback costs.
 *
 *     hook → broker   secret ␀ kind ␀ shell ␀ process ␀ number ␀ context ␀ line ␀ cwd ␀ text ␀ known ␀
 *     broker → hook   answer-secret answer [message LF]      (the message where the answer is no)
 *
 * A shell's words cannot hold a NUL, so NUL ends a field. A newline is written FS `1` and an FS (0x1c)
 * itself FS `0`: a text with newlines would leave bash in several writes, each waiting for the ACK of the last.
 *
 * What the shell knows is a list of entries, each ended by FS `2`: `x` or `-` (exported or not), a name, `=` and the value; the name
 * is empty where it is the functions that the shell exports, as bash prints them.
 */

/** Where a command comes from: typed (or a script's), the prompt's own, or a completion's. */
export type Context = 'user' | 'prompt' | 'completion';

export interface Question {
  /** `judge`: may it run; `abandon`: the rest of the input line is not to run; `why` was the last one refused. */
  kind: 'judge' | 'abandon' | 'why';
  /** Process id of the interactive shell, the same in its subshells. */
  shell: number;
  /** Process id of the asking (sub)shell. */
  process: number;
  /** Number of the input line within the shell. */
  number: number;
  context: Context;
  /**
   * True at the first command of an input line: the hook has just written the newest entry of the shell's
   * history beside its start-up file, see input-line.ts.
   */
  newLine: boolean;
  cwd: string;
  text: string;
  known: Known;
}

/** What the shell says of itself, as far as the command may depend on it. */
export interface Known {
  variables: Readonly<Record<string, string>>;
  /** Those that are exported. */
  environment: Readonly<Record<string, string>>;
  /** Definitions of exported functions. */
  functions: string;
}

export const NOTHING_KNOWN: Known = { variables: {}, environment: {}, functions: '' };

/** `run` it; `refuse` it and abandon the line; `skip` it alone; `wait`: the answer is still to come. */
export type Answer = 'run' | 'refuse' | 'skip' | 'wait';

/** One character each: what is usual is read by the hook at once, in a length that it knows. */
const ANSWERS: Record<Answer, string> = { run: '+', refuse: '-', skip: '~', wait: '.' };

export interface Reply {
  answer: Answer;
  /** For the person at the terminal. */
  message?: string;
}

/** The largest question that is read. A longer command line is refused. */
export const QUESTION_LIMIT = 1 << 20;
const FIELDS = 10;

const KINDS = new Set(['judge', 'abandon', 'why']);
const CONTEXTS = new Set(['user', 'prompt', 'completion']);

/** A question as it arrives in pieces. */
export class QuestionReader {
  readonly #pieces: Buffer[] = [];
  #length = 0;
  #fields = 0;

  /**
   * Takes a piece. Returns the fields once all are there, null until then.
   * @throws RangeError when it grows over `QUESTION_LIMIT` or more comes than was announced.
   */
  push(piece: Buffer): string[] | null {
    this.#length += piece.length;
    if (this.#length > QUESTION_LIMIT) throw new RangeError('question too long');
    this.#pieces.push(piece);
    for (const byte of piece) if (byte === 0) this.#fields += 1;
    if (this.#fields < FIELDS) return null;
    const fields = Buffer.concat(this.#pieces).toString('utf8').split('\0');
    if (fields.length !== FIELDS + 1 || fields[FIELDS] !== '') throw new RangeError('question has a tail');
    return fields.slice(0, FIELDS);
  }
}

/** The first field is the secret, checked by the caller. Null for anything that our hooks would not send. */
export function parseQuestion(fields: readonly string[]): Question | null {
  const [, kind = '', shell = '', process = '', number = '', context = '', line = '', cwd = ''] = fields;
  const [text = '', known = ''] = fields.slice(8);
  if (!KINDS.has(kind) || !CONTEXTS.has(context)) return null;
  if (![shell, process, number].every((digits) => /^\d{1,10}$/.test(digits))) return null;
  if (line !== '' && line !== 'new') return null;
  return {
    kind: kind as Question['kind'],
    shell: Number(shell),
    process: Number(process),
    number: Number(number),
    context: context as Context,
    newLine: line === 'new',
    cwd: restore(cwd),
    text: restore(text),
    known: knownIn(known),
  };
}

function knownIn(field: string): Known {
  if (field === '') return NOTHING_KNOWN;
  const variables: Record<string, string> = {};
  const environment: Record<string, string> = {};
  let functions = '';
  for (const entry of field.split('\x1c2')) {
    const [, kind, name, value = ''] = /^([-x])([A-Za-z_][A-Za-z0-9_]*|[1-9]?)=(.*)$/s.exec(entry) ?? [];
    if (name === undefined) continue;
    if (name === '') functions = restore(value);
    else (kind === 'x' ? environment : variables)[name] = restore(value);
  }
  return { variables, environment, functions };
}

function restore(field: string): string {
  return field.replace(/\x1c([01])/g, (_, digit: string) => (digit === '1' ? '\n' : '\x1c'));
}

/** A message comes from a policy: it may have lines, but nothing that drives a terminal. */
export function formatAnswer(secret: string, answer: Answer, message = ''): string {
  const lines = message.replace(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/g, ' ').replaceAll('\n', '\x1c1');
  const said = answer === 'refuse' || answer === 'skip' ? `${lines}\n` : '';
  return `${secret}${ANSWERS[answer]}${said}`;
}

/** What a hook needs in order to ask: written into private start-up files, never exported. */
export interface Channel {
  port: number;
  /** Path of the same as a socket of the file system; empty where there is none. */
  socket: string;
  /** Proves the hook to the broker. */
  secret: string;
  /** Proves the broker to the hook: a stranger who takes over the port cannot answer. */
  answerSecret: string;
}
