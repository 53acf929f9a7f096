import type { ComponentChildren } from 'preact';
import { Plain } from './plain.tsx';

interface Properties {
  name: string;
  /** As it stands in the log. */
  text?: string;
  children?: ComponentChildren;
}

/** A line of a list of facts, unless there is nothing to say. */
export function Fact({ name, text = '', children }: Properties) {
  if (text === '' && children === undefined) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children ?? <Plain text={text} />}</dd>
    </div>
  );
}
