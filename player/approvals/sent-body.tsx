import { useEffect, useState } from 'preact/hooks';
import { type ApprovalView, getAskedBody } from '../api.ts';
import { Body } from '../session/body.tsx';
import { Changes } from '../session/exchange.tsx';
import { changedLines } from '../session/object-text.ts';
import { byteCount } from '../text/amount.ts';
import { Plain } from '../ui/plain.tsx';
import { formerOf } from './former.ts';

/**
 * The body that would be sent, fetched when somebody wants to see it, with what it changes where that is known.
 * @param whole opens it
 */
export function SentBody({ view, whole }: { view: ApprovalView; whole: boolean }) {
  const { id, body, asked } = view;
  const [open, setOpen] = useState(false);
  const [content, setContent] = useState<Uint8Array<ArrayBuffer> | null>(null);
  const [former, setFormer] = useState<Uint8Array<ArrayBuffer> | null>(null);
  const [error, setError] = useState<Error | null>(null);

  useEffect(() => setOpen((now) => now || whole), [whole]);
  useEffect(() => {
    if (!open) return;
    const abort = new AbortController();
    setError(null);
    getAskedBody(id, abort.signal).then(
      setContent,
      (failure: Error) => abort.signal.aborted || setError(failure),
    );
    // It helps to read, no more: where it cannot be found, the body itself is there.
    formerOf(view, abort.signal).then(setFormer, () => {});
    return () => abort.abort();
  }, [id, open]);

  const changes = content === null || former === null ? null : changedLines(former, content);
  const name = asked.kind === 'tool' ? 'What the tool is given' : 'Body';
  return (
    <div class="exchange">
      <button
        type="button"
        class="button"
        aria-expanded={open}
        aria-controls={`body-${id}`}
        onClick={() => setOpen(!open)}
      >
        {name}
        {body !== undefined && <span class="dim">{byteCount(body.bytes)}</span>}
      </button>
      <div id={`body-${id}`} hidden={!open}>
        {open && error !== null && (
          <p class="alert" role="alert">
            <Plain text={error.message} limit={500} />
          </p>
        )}
        {open && changes !== null && <Changes lines={changes} />}
        {open && content !== null && (
          <Body
            name={name}
            summary={body ?? null}
            content={content}
            elsewhere="chaperone approvals show has all of it."
          />
        )}
      </div>
    </div>
  );
}
