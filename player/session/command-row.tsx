import { Component } from 'preact';
import { tryPath } from '../router.ts';
import { position } from '../text/time.ts';
import { visibleText } from '../text/visible.ts';
import { Plain } from '../ui/plain.tsx';
import type { Command } from './command.ts';
import { VERDICTS, Why } from './why.tsx';

interface Properties {
  session: string;
  command: Command;
  current: boolean;
  /** True where the directory is another one than before. */
  moved: boolean;
  onJump: (time: number) => void;
}

/** One command: when, what, and how it was decided. A click goes there. Long lists stay still but for two rows. */
export class CommandRow extends Component<Properties> {
  override shouldComponentUpdate(next: Readonly<Properties>): boolean {
    const { command, current, moved, onJump } = this.props;
    return (
      command !== next.command || current !== next.current || moved !== next.moved || onJump !== next.onJump
    );
  }

  override render({ session, command, current, moved, onJump }: Properties) {
    return (
      <li class={`row ${command.verdict}`} aria-current={current}>
        <button type="button" title={titleOf(command)} onClick={() => onJump(command.time)}>
          <span class="at">{position(command.time)}</span>
          <span class="text">
            {moved && (
              <span class="cwd">
                <Plain text={command.cwd} limit={200} />
              </span>
            )}
            <code>
              <Plain text={command.line} limit={400} />
            </code>
            <Why judged={command} />
          </span>
        </button>
        {command.asLine && (current || command.verdict !== 'allowed') && (
          <a class="row-explain" href={tryPath({ text: command.line, cwd: command.cwd, session })}>
            Ask the policy about it
          </a>
        )}
      </li>
    );
  }
}

function titleOf({ line, cwd, verdict, rule, reason, time }: Command): string {
  const parts = [
    visibleText(line, 2000),
    `in ${cwd}`,
    `${position(time)} · ${VERDICTS[verdict]} by ${rule}`,
    reason,
  ];
  return parts
    .filter(Boolean)
    .map((part) => visibleText(part, 2000))
    .join('\n');
}
