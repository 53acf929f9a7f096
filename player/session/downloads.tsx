import { useRef } from 'preact/hooks';
import { type CastFormat, downloadUrl } from '../api.ts';
import { Icon } from '../ui/icon.tsx';

const FORMATS: [CastFormat, name: string, note: string][] = [
  ['v3', 'asciicast v3', '.cast'],
  ['v2', 'asciicast v2', '.cast, for older tools'],
  ['txt', 'Text', 'output without escapes'],
  ['json', 'JSON lines', 'every event'],
];

/** The menu of download formats. */
export function Downloads({ id }: { id: string }) {
  const menu = useRef<HTMLDetailsElement>(null);
  const close = () => {
    if (menu.current !== null) menu.current.open = false;
  };
  return (
    <details
      class="menu"
      ref={menu}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        close();
        menu.current?.querySelector('summary')?.focus();
      }}
      onFocusOut={({ relatedTarget }) => menu.current?.contains(relatedTarget as Node | null) || close()}
    >
      <summary class="button quiet">
        <Icon name="download" />
        <span>Download</span>
      </summary>
      <ul>
        {FORMATS.map(([format, name, note]) => (
          <li key={format}>
            <a href={downloadUrl(id, format)} download onClick={close}>
              <b>{name}</b> <small>{note}</small>
            </a>
          </li>
        ))}
      </ul>
    </details>
  );
}
