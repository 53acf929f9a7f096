/** The port to whatever keeps the records: an ordered map of bytes with atomic batches. */

export interface Entry {
  key: Uint8Array;
  value: Uint8Array;
}

/** `value` null removes the key. */
export interface Write {
  key: Uint8Array;
  value: Uint8Array | null;
}

/** Keys from `from` up to but not including `to`, in the order of their bytes. */
export interface Range {
  from: Uint8Array;
  to: Uint8Array;
  /** Last key first. */
  reverse?: boolean;
  limit?: number;
}

export interface Reader {
  get(key: Uint8Array): Promise<Uint8Array | undefined>;
  /** In the order asked; undefined where there is none. */
  getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]>;
  /** Reads as things were when it began, a bounded number of bytes at a time. */
  entries(range: Range): AsyncIterable<Entry>;
}

export interface Snapshot extends Reader {
  close(): Promise<void>;
}

/**
 * Every implementation runs the suite in test/recorder/store/contract.ts.
 *
 * Errors are ChaperoneErrors: `STORE_FULL` where there is no space, `STORE_FAILED` for any other failure of
 * the medium, `STORE_CLOSED` after `close`.
 */
export interface Store extends Reader {
  /** Everything as it is now, whatever is written later. To be closed. */
  snapshot(): Snapshot;
  /**
   * All or nothing. Resolves once the records are handed to the kernel: they survive `kill -9`.
   * After a failure nothing of the batch is there, and no further write is accepted until `recover`.
   */
  write(batch: readonly Write[]): Promise<void>;
  /** Resolves once everything whose `write` resolved before the call survives a power cut. */
  sync(): Promise<void>;
  /** After a failed write: brings the store back to what it acknowledged. Fails while the cause lasts. */
  recover(): Promise<void>;
  close(): Promise<void>;
}
