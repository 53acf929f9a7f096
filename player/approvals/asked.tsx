import { useEffect, useState } from 'preact/hooks';
import type { CommandSummary } from '../../recorder/audit/decision.ts';
import type { ApprovalView } from '../api.ts';
import { count } from '../text/amount.ts';
import { commandText } from '../text/command.ts';
import { visibleText } from '../text/visible.ts';
import { Fact } from '../ui/fact.tsx';
import { Plain } from '../ui/plain.tsx';
import { SentBody } from './sent-body.tsx';
import { Would } from './would.tsx';

/** What is shown before somebody asks for all of it. */
const FEW = { characters: 1200, lines: 12, commands: 12 };
/** No command line that can be judged is longer. */
const ALL = { characters: 1_000_000, lines: 100_000, commands: 2000 };

/** What exactly would run, and what of it could not be understood. @param whole shows all of it, at any length */
export function Asked({ view, whole }: { view: ApprovalView; whole: boolean }) {
  const [more, setMore] = useState(false);
  const { asked } = view;
  const all = whole || more;
  // Whoever has seen all of it reads on, armed or not.
  useEffect(() => setMore((now) => now || whole), [whole]);
  const showAll = () => setMore(true);
  return (
    <div class="asked">
      {asked.kind === 'command' && (
        <>
          <Script text={asked.line} all={all} onAll={showAll} />
          <p class="place">
            in <Plain text={asked.cwd} limit={1000} />
          </p>
          <Commands commands={asked.commands} all={all} onAll={showAll} />
        </>
      )}
      {asked.kind === 'request' && (
        <>
          <p class="what">
            <span class="verb">{visibleText(asked.request.verb, 40)}</span>{' '}
            <b>
              <Plain text={objectOf(asked.request)} limit={1000} />
            </b>{' '}
            <Plain
              text={[asked.request.namespace, asked.request.name].filter(Boolean).join('/')}
              limit={1000}
            />
            {asked.dryRun && <span class="badge">dry run</span>}
          </p>
          {asked.effect !== undefined && <Would id={view.id} effect={asked.effect} />}
          <Script text={`${asked.method} ${asked.uri}`} all={all} onAll={showAll} />
        </>
      )}
      {asked.kind === 'tool' && (
        <dl class="ask-facts">
          <Fact name="Tool" text={`${asked.use} ${asked.tool}`} />
          <Fact name="Server" text={asked.server} />
          <Fact name="File" text={asked.path} />
          <Fact name="Directory" text={asked.cwd} />
        </dl>
      )}
      {asked.unknown.length > 0 && (
        <ul class="unknown" aria-label="Not understood">
          {asked.unknown.slice(0, all ? ALL.commands : FEW.commands).map((why, index) => (
            <li key={index}>
              <b>Not understood</b> <Plain text={why} limit={2000} />
            </li>
          ))}
        </ul>
      )}
      {(view.body !== undefined || asked.kind === 'tool') && <SentBody view={view} whole={whole} />}
    </div>
  );
}

function objectOf({ resource, subresource, path }: { resource: string; subresource: string; path: string }) {
  return resource === '' ? path : [resource, subresource].filter(Boolean).join('/');
}

interface Part {
  all: boolean;
  onAll: () => void;
}

/** Line by line as it was given. What is left out is counted, and one click away. */
function Script({ text, all, onAll }: Part & { text: string }) {
  const most = all ? ALL : FEW;
  const shown = text.slice(0, most.characters);
  const lines = shown.split('\n').slice(0, most.lines);
  const left = text.length - lines.join('\n').length;
  return (
    <>
      <pre class="script">
        {lines.map((line, index) => (
          <span key={index}>
            <Plain text={line} limit={ALL.characters} />
            {'\n'}
          </span>
        ))}
      </pre>
      {left > 0 && <Rest text={`Show ${count(left, 'more character')}`} onAll={onAll} />}
    </>
  );
}

/** The commands that were found in the line, where they say more than the line does. */
function Commands({ commands, all, onAll }: Part & { commands: readonly CommandSummary[] }) {
  const shown = commands.slice(0, all ? ALL.commands : FEW.commands);
  if (shown.length === 0) return null;
  return (
    <>
      <ol class="parsed" aria-label="Commands found in it">
        {shown.map(({ argv, via }, index) => (
          <li key={index}>
            {via.map((wrapper, place) => (
              <span class="via" key={place}>
                <Plain text={wrapper} limit={200} />
                {' › '}
              </span>
            ))}
            <code>
              <Plain text={commandText(argv)} limit={all ? ALL.characters : FEW.characters} />
            </code>
          </li>
        ))}
      </ol>
      {commands.length > shown.length && (
        <Rest text={`Show ${count(commands.length - shown.length, 'more command')}`} onAll={onAll} />
      )}
    </>
  );
}

function Rest({ text, onAll }: { text: string; onAll: () => void }) {
  return (
    <button type="button" class="button rest" onClick={onAll}>
      {text}
    </button>
  );
}
