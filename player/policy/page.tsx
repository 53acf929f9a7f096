import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from '../api.ts';
import { type Question, sessionPath, tryPath } from '../router.ts';
import { Notice, Problem } from '../ui/notice.tsx';
import { Plain } from '../ui/plain.tsx';
import { showTitle } from '../ui/title.ts';
import { ExplanationView } from './explanation.tsx';
import { useExplanation } from './use-explanation.ts';

interface Properties {
  asked: Question;
  /** Keeps the address true, so that it can be handed on. */
  onAsk: (path: string) => void;
}

/** A command or a request, and what the policy in force says of it. Nothing is run. */
export function TryPage({ asked, onAsk }: Properties) {
  const [text, setText] = useState(asked.text);
  const [cwd, setCwd] = useState(asked.cwd);
  const box = useRef<HTMLTextAreaElement>(null);
  const { session } = asked;
  const { explanation, error, busy } = useExplanation({ text, cwd, session });

  useLayoutEffect(() => {
    showTitle('Ask the policy');
    scrollTo(0, 0);
    box.current?.focus();
  }, []);
  useEffect(() => {
    const settled = setTimeout(() => onAsk(tryPath({ text, cwd, session })), 400);
    return () => clearTimeout(settled);
  }, [text, cwd, session]);

  return (
    <main class="list-page try-page">
      <h1>Ask the policy</h1>
      <p class="dim">
        How the policy in force decides a command or a request. Nothing is run, and nothing is recorded.
      </p>
      <label>
        <span>
          A command line, or a request such as <code>DELETE /api/v1/namespaces/x</code>
        </span>
        <textarea
          ref={box}
          rows={3}
          value={text}
          maxLength={16_000}
          spellcheck={false}
          autocapitalize="off"
          autocomplete="off"
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
      </label>
      <div class="try-where">
        <label>
          <span>Directory</span>
          <input
            type="text"
            value={cwd}
            placeholder="of the session, or the home directory"
            spellcheck={false}
            onInput={({ currentTarget }) => setCwd(currentTarget.value)}
          />
        </label>
        <p class="dim">
          {session === null ? (
            'As the user who runs Chaperone.'
          ) : (
            <>
              As whoever acted in <a href={sessionPath(session)}>session {session}</a>.
            </>
          )}
        </p>
      </div>
      <div aria-busy={busy} aria-live="polite">
        {error !== null && <Unanswered error={error} />}
        {explanation !== null && <ExplanationView explanation={explanation} />}
      </div>
    </main>
  );
}

/** Where no policy is at hand, or the session is not, that is said in place of an answer. */
function Unanswered({ error }: { error: Error }) {
  if (!(error instanceof ApiError) || error.status !== 404) return <Problem error={error} />;
  return (
    <Notice title="There is no answer" kind="problem">
      <p>
        <Plain text={error.message} limit={500} />
      </p>
    </Notice>
  );
}
