import type { ComponentChildren } from 'preact';
import { onPage } from '../router.ts';

interface Properties {
  path: string;
  title?: string;
  onOpen: (path: string) => void;
  children: ComponentChildren;
}

/** A link to a place on this page. */
export function Place({ path, title, onOpen, children }: Properties) {
  return (
    <a href={path} {...(title !== undefined && { title })} onClick={onPage(() => onOpen(path))}>
      {children}
    </a>
  );
}
