/** A word as the tool sees it: null where only running it tells. */
export type Known = string | null;
