/** What the policy says of an action, and what is recorded of commands and tools. */

export type Effect = 'allow' | 'deny' | 'ask';

/** What the policy says of one action. */
export interface Decision {
  effect: Effect;
  /** The rule that decided: `policy-name/rule-name`, `builtin/…`, or `default/…`. */
  rule: string;
  /** One sentence for the person who is refused. */
  reason: string;
  /** What the rule says is allowed in its place. */
  instead?: string;
  /** True where no rule could judge it (`unknown`) and the default let it pass: shown as a visible mark. */
  unjudged: boolean;
}

/** An approval that stands behind a decision. */
export interface ApprovalMark {
  id: string;
  state: 'approved' | 'denied' | 'expired' | 'cancelled' | 'abandoned';
  /** The users who decided. */
  by: string[];
  /** What the last of them said. */
  comment?: string;
}

/** One simple command found in a line, unwrapped: what a search and a reviewer see. */
export interface CommandSummary {
  /** Basename of the program, e.g. `rm`. */
  program: string;
  argv: string[];
  /** The wrappers it was found under, outermost first, e.g. `['sudo', 'xargs']`. */
  via: string[];
}

/** What an agent does with a tool of its own: a call over MCP, reading or editing a file, or any other call. */
export type ToolUse = 'mcp' | 'read' | 'edit' | 'call';

export type DecisionBody<Content> =
  | {
      type: 'command.decided';
      /** The text as the shell was about to run it. */
      line: string;
      /** Whose it is where it is not the user's: the shell's own prompt or completion ran it. */
      context?: 'prompt' | 'completion';
      cwd: string;
      commands: CommandSummary[];
      /** Paths that it certainly writes, deletes or changes here, as globs; absent where it has none. */
      writes?: string[];
      /** Why parts could not be understood, empty when all were. */
      unknown: string[];
      decision: Decision;
      /** True if it was let run. */
      allowed: boolean;
      /** Where a human was asked. */
      approval?: ApprovalMark;
    }
  /** What a hook of Cursor was told, before it is answered. */
  | {
      type: 'hook.received';
      /** As Cursor names it, e.g. `beforeShellExecution`; empty where what came could not be read. */
      hook: string;
      /** Cursor's own ids; empty where they are not told. */
      conversation: string;
      generation: string;
      model: string;
      /** Who is signed in at Cursor, as the hook says. */
      email?: string;
      /** The file that it tells was edited; absolute. */
      path?: string;
      /** Members of it whose content is not kept, and are replaced by their length. */
      withheld?: string[];
      /** The JSON that it was given. */
      content: Content;
    }
  /** An agent's own tool: a call over MCP, or a file that it reads or edits. */
  | {
      type: 'tool.decided';
      use: ToolUse;
      /** Empty where it is not told. */
      tool: string;
      /** URL or command line of the MCP server; empty for a file. */
      server: string;
      /** Of a file; empty where it is not known. */
      path: string;
      cwd: string;
      /** Why parts could not be understood, empty when all were. */
      unknown: string[];
      decision: Decision;
      /** True if it was let run. */
      allowed: boolean;
      /** Where a human was asked. */
      approval?: ApprovalMark;
      /** What the tool was given. */
      content?: Content;
    };
