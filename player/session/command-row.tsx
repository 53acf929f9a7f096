import { Component } from 'preact';
import { position } from '../text/time.ts';
import { visibleText } from '../text/visible.ts';
import { Plain } from '../ui/plain.tsx';
import type { Command, Verdict } from './command.ts';

interface Properties {
  command: Command;
  current: boolean;
  /** True where the directory is another one than before. */
  moved: boolean;
  onJump: (time: number) => void;
}

const VERDICTS: Record<Verdict, string> = { refused: 'Refused', unjudged: 'Unjudged', allowed: 'Allowed' };

/** One command: when, what, and how it was decided. A click goes there. Long lists stay still but for two rows. */
export class CommandRow extends Component<Properties> {
  override shouldComponentUpdate(next: Readonly<Properties>): boolean {
    const { command, current, moved, onJump } = this.props;
    return (
      command !== next.command || current !== next.current || moved !== next.moved || onJump !== next.onJump
    );
  }

  override render({ command, current, moved, onJump }: Properties) {
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
            <Why command={command} />
          </span>
        </button>
      </li>
    );
  }
}

/** Who allowed it is said to those who cannot see that nothing is marked. */
function Why({ command }: { command: Command }) {
  const { verdict, unknown, reason, rule, asked } = command;
  if (verdict === 'allowed') return <span class="sr">Allowed by {visibleText(rule, 100)}</span>;
  const why = verdict === 'unjudged' && unknown.length > 0 ? unknown.join('; ') : reason;
  return (
    <span class="why">
      <b>{verdict === 'refused' && asked ? 'Refused, needs approval' : VERDICTS[verdict]}</b>{' '}
      <Plain text={why} limit={300} /> <span class="rule">{visibleText(rule, 100)}</span>
    </span>
  );
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
