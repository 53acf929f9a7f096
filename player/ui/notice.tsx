import type { ComponentChildren } from 'preact';
import { ApiError } from '../api.ts';
import { BrokenOff } from '../stream.ts';
import { Plain } from './plain.tsx';

/** A message that takes the place of what could not be shown. */
export function Notice(properties: {
  title: string;
  kind?: 'problem' | 'quiet';
  /** True where the page has no other heading. */
  alone?: boolean;
  children?: ComponentChildren;
}) {
  const { title, kind = 'quiet', alone = false, children } = properties;
  const Heading = alone ? 'h1' : 'h2';
  return (
    <section class={`notice ${kind}`} role={kind === 'problem' ? 'alert' : 'status'}>
      <Heading>{title}</Heading>
      {children}
    </section>
  );
}

interface ProblemProperties {
  error: Error;
  retry?: (() => void) | undefined;
  alone?: boolean;
}

/** What went wrong, in the recorder's words, and what to do about it. */
export function Problem({ error, retry, alone = false }: ProblemProperties) {
  const { title, advice } = explain(error);
  return (
    <Notice title={title} kind="problem" alone={alone}>
      {!isMissing(error) && (
        <p>
          <Plain text={error.message} limit={500} />
        </p>
      )}
      {advice !== null && <p class="advice">{advice}</p>}
      {isMissing(error) && (
        <a class="button" href="/">
          All sessions
        </a>
      )}
      {isSignedOut(error) && (
        <button type="button" class="button" onClick={() => location.reload()}>
          Sign in again
        </button>
      )}
      {retry !== undefined && !isMissing(error) && (
        <button type="button" class="button" onClick={retry}>
          Try again
        </button>
      )}
    </Notice>
  );
}

/** Above what is still shown, although it could not be renewed. */
export function Stale({ error }: { error: Error }) {
  const { advice } = explain(error);
  return (
    <p class="alert" role="status">
      <b>No longer up to date.</b> <Plain text={error.message} limit={500} /> {advice}
    </p>
  );
}

function isMissing(error: Error): boolean {
  return error instanceof ApiError && error.status === 404;
}

/** The page itself is loaded anew: the recorder shows how to get in, and comes back to here. */
function isSignedOut(error: Error): boolean {
  return error instanceof ApiError && error.status === 401;
}

function explain(error: Error): { title: string; advice: string | null } {
  if (error instanceof BrokenOff) return { title: 'The connection broke off', advice: null };
  const status = error instanceof ApiError ? error.status : null;
  if (status === 401) {
    return {
      title: 'You are not logged in',
      advice: 'Sign in again, or open the address that chaperone printed when it started.',
    };
  }
  if (status === 403) return { title: 'This is not yours to see', advice: null };
  if (status === 404)
    return {
      title: 'There is no such session',
      advice: 'It may have been removed, or the link is incomplete.',
    };
  if (status === 0)
    return { title: 'The recorder is not there', advice: 'Start it with npm start, then try again.' };
  return { title: 'This did not work', advice: null };
}
