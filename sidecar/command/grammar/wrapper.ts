/** How a program that runs another one is described. */
import type { Grammar } from './options.ts';

export interface Wrapper extends Grammar {
  /** Operands before the command, e.g. 1 for the duration of `timeout`. */
  operands?: number;
  /** Options may stand anywhere before `--`, as getopt has it where nobody told it otherwise. */
  permutes?: boolean;
  /** Operands before the command, of which each may be left out. */
  maybe?: number;
  /** `NAME=value` words may stand before the command and set its environment. */
  assignments?: boolean;
  /** Options with which it runs no command at all. */
  inert?: readonly string[];
  /** Options with which it starts a shell, or hands the command to one. */
  shell?: readonly string[];
  /** Options that name the directory it runs in. */
  directory?: readonly string[];
  /** It runs in the root directory of another tree. */
  root?: boolean;
  /** Options whose argument is a line for a shell, run instead of, or beside, a command. */
  code?: readonly string[];
  /** It takes a command only with this option. */
  needs?: string;
  /** A shell reads its words, joined by blanks, as code. */
  joins?: boolean;
  /** Words of its own making follow the command (`xargs`). */
  appends?: boolean;
  /** What it runs, it runs where no path of here means anything: in a container, on another machine. */
  away?: boolean;
  /** What is typed there is judged by itself, where it arrives: at the API server's gate. */
  judged?: boolean;
  /** Its operands are no command: only options with code are of interest. */
  bare?: boolean;
  /** Options may stand among its operands, and `--` before the command. */
  anyPlace?: boolean;
  /** The command stands after `--` alone. */
  operandsBeforeDash?: boolean;
  /** Options that name the program whose arguments follow (`--entrypoint`). */
  entry?: readonly string[];
  /** Its first word may be letters of options, without a dash. */
  undashed?: boolean;
  /** Options that let it see a place of this machine, `here:there`. */
  mounts?: readonly string[];
  /** Options that open this machine to it, and with which argument. */
  opens?: Readonly<Record<string, RegExp>>;
  /** Options behind which the command stands, to the end of the line (`fd -x`). */
  rest?: readonly string[];
  /** Options with which what it does is not followed. */
  doubtful?: readonly string[];
  /** Options may stand behind its assignments as well. */
  interleaves?: boolean;
  /** Each operand is code by itself, as are all of them together. */
  each?: boolean;
  /** What it is given runs later, or in a language of its own. */
  opaque?: boolean;
  /** Options that name a file which it writes itself. */
  writes?: readonly string[];
  /** Options with which its operands are files to edit. */
  edits?: readonly string[];
  /** Its first operand is such a file. */
  writesTo?: boolean;
  /** True if it starts a shell when no command is given. */
  shellByDefault?: boolean;
}
