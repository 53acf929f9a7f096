import type { ComponentChildren } from 'preact';

export type Panel = 'conversation' | 'commands' | 'requests' | 'output' | 'details';

const TITLES: Record<Panel, string> = {
  conversation: 'Conversation',
  commands: 'Commands',
  requests: 'Requests',
  output: 'Search output',
  details: 'Details',
};
const USUAL: readonly Panel[] = ['commands', 'output', 'details'];

interface Properties {
  /** Those that there are, in order. */
  names?: readonly Panel[] | undefined;
  panel: Panel;
  counts: Partial<Record<Panel, number | null>>;
  onPanel: (panel: Panel) => void;
  /** The panels stay as they were left; only one is seen. */
  contents: Partial<Record<Panel, ComponentChildren>>;
}

/** Tabs, as https://www.w3.org/WAI/ARIA/apg/patterns/tabs/ has them: arrow keys move, Tab leaves. */
export function Panels({ names = USUAL, panel, counts, onPanel, contents }: Properties) {
  const onKeyDown = (event: KeyboardEvent) => {
    const at = names.indexOf(panel);
    const places: Record<string, number> = {
      ArrowRight: at + 1,
      ArrowLeft: at - 1,
      Home: 0,
      End: names.length - 1,
    };
    const place = places[event.key];
    if (place === undefined) return;
    event.preventDefault();
    const next = names.at(place % names.length)!;
    onPanel(next);
    document.getElementById(`tab-${next}`)?.focus();
  };
  return (
    <aside class="panel">
      <div class="tabs" role="tablist" aria-label="About this session" onKeyDown={onKeyDown}>
        {names.map((name) => (
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
            {TITLES[name]}
            {counts[name] != null && <span class="count">{counts[name].toLocaleString('en-GB')}</span>}
          </button>
        ))}
      </div>
      {names.map((name) => (
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
