/** One figure of a benchmark. */
export interface Row {
  /** What was measured, with its conditions. */
  name: string;
  value: number;
  unit: string;
  /** Against a peer that was measured in the same run; the peer is named in `name` or `target`. */
  ratio?: number;
  /** What it must reach, in words: `≥ 0.7 × script`. */
  target?: string;
  /** Whether it did. */
  ok?: boolean;
}
