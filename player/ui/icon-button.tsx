import { Icon, type IconName } from './icon.tsx';

interface Properties {
  icon: IconName;
  name: string;
  /** The key that does the same. */
  keyName: string;
  /** Beside `button`; quiet unless it says otherwise. */
  look?: string;
  disabled?: boolean;
  onClick: () => void;
}

/** A button that is an icon: its name is for the ear and the tooltip. */
export function IconButton({ icon, name, keyName, look = 'quiet', disabled = false, onClick }: Properties) {
  return (
    <button
      type="button"
      class={`button ${look}`}
      title={`${name} (${keyName})`}
      disabled={disabled}
      onClick={onClick}
    >
      <Icon name={icon} />
      <span class="sr">{name}</span>
    </button>
  );
}
