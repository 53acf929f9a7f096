import type { ComponentChildren } from 'preact';

export type Panel = 'commands' | 'output' | 'details';

const NAMES: [Panel, string][] = [
  ['commands', 'Commands'],
  ['output', 'Search output'],
  ['details', 'Details'],
];

interface Properties {
  panel: Panel;
  counts: Partial<Record<Panel, number | null>>;
  onPanel: (panel: Panel) => void;
  /** The panels stay as they were left; only one is seen. */
  contents: Record<Panel, ComponentChildren>;
}

/** Tabs, as https://www.w3.org/WAI/ARIA/apg/patterns/tabs/ has them: arrow keys move, Tab leaves. */
export function Panels({ panel, counts, onPanel, contents }: Properties) {
  const onKeyDown = (event: KeyboardEvent) => {
    const at = NAMES.findIndex(([name]) => name === panel);
    const places: Record<string, number> = {
      ArrowRight: at + 1,
      ArrowLeft: at - 1,
      Home: 0,
      End: NAMES.length - 1,
    };
    const place = places[event.key];
    if (place === undefined) return;
    event.preventDefault();
    const [next] = NAMES.at(place % NAMES.length)!;
    onPanel(next);
    document.getElementById(`tab-${next}`)?.focus();
  };
  return (
    <aside class="panel">
      <div class="tabs" role="tablist" aria-label="About this session" onKeyDown={onKeyDown}>
        {NAMES.map(([name, title]) => (
          <button
            key={name}
            id={`tab-${name}`}
            type="button"
            role="tab"
            aria-selected={panel === name}
            aria-controls={`panel-${name}`}
            tabIndex={panel === name ? 0 : -1}
            onClick={() => onPanel(name)}
          >
            {title}
            {counts[name] != null && <span class="count">{counts[name].toLocaleString('en-GB')}</span>}
          </button>
        ))}
      </div>
      {NAMES.map(([name]) => (
        <div
          key={name}
          class="panel-body"
          id={`panel-${name}`}
          role="tabpanel"
          aria-labelledby={`tab-${name}`}
          hidden={panel !== name}
        >
          {contents[name]}
        </div>
      ))}
    </aside>
  );
}

/** Shows a panel now, not at the next rendering: the key after the one that opened it is for its input. */
export function reveal(panel: Panel): void {
  const element = document.getElementById(`panel-${panel}`);
  if (element !== null) element.hidden = false;
}
