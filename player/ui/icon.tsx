/** A small set of 16-pixel icons, drawn here so that nothing is loaded. */
const PATHS = {
  play: 'M4.5 2.8v10.4L13 8z',
  pause: 'M4 3h3v10H4zM9 3h3v10H9z',
  replay: 'M8 3a5 5 0 1 1-4.6 3M3 2.5v3.7h3.7',
  search: 'M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM10.7 10.7 14 14',
  previous: 'M10 3 5 8l5 5',
  next: 'M6 3l5 5-5 5',
  up: 'M3 10l5-5 5 5',
  down: 'M3 6l5 5 5-5',
  fullscreen: 'M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10',
  link: 'M6.5 9.5l3-3M7 4.5l1.6-1.6a3 3 0 0 1 4.3 4.3L11.3 8.8M9 11.5l-1.6 1.6a3 3 0 0 1-4.3-4.3L4.7 7.2',
  download: 'M8 2v8.5M4.5 7.5 8 11l3.5-3.5M2.5 13.5h11',
  skip: 'M2 4l4.5 4L2 12zM7.5 4 12 8l-4.5 4zM13.5 4v8',
  system: 'M2 3h12v8H2zM5.5 14h5M8 11v3',
  light:
    'M8 11a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM8 1.5v1.5M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 1M12.6 3.4l-1 1M4.4 11.6l-1 1',
  dark: 'M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7z',
  close: 'M3.5 3.5l9 9M12.5 3.5l-9 9',
  shield: 'M8 1.8 13 3.5v4c0 3.2-2 5.6-5 6.7-3-1.1-5-3.5-5-6.7v-4zM5.6 8l1.7 1.7L10.6 6.3',
  person: 'M8 7.5a2.75 2.75 0 1 0 0-5.5 2.75 2.75 0 0 0 0 5.5zM2.8 14c.4-2.9 2.5-4.5 5.2-4.5s4.8 1.6 5.2 4.5',
  warning: 'M8 2 15 14H1zM8 6.5v3.2M8 11.6v.4',
} as const;

export type IconName = keyof typeof PATHS;

const FILLED: ReadonlySet<IconName> = new Set(['play', 'pause']);

export function Icon({ name }: { name: IconName }) {
  return (
    <svg
      class={FILLED.has(name) ? 'icon filled' : 'icon'}
      viewBox="0 0 16 16"
      aria-hidden="true"
      focusable="false"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
