/**
 * The resize channel: JSON objects, one after the other, as Go's encoder writes them. Pure.
 *
 *     {"Width":80,"Height":24}␊
 */
import { type Fault, faulted } from '../fault.ts';
import type { ChannelFault, RemoteEvent, TerminalSize } from '../remotecommand.ts';

/** Go's uint16. */
const LARGEST = 0xffff;
/** Of one object, and of the blanks before it. */
const OBJECT_LIMIT = 256;

export function formatSize({ columns, rows }: TerminalSize): Buffer {
  return Buffer.from(`{"Width":${columns},"Height":${rows}}\n`);
}

/** Sizes as they arrive in pieces. */
export class SizeReader {
  #pending = '';

  /** The sizes that are whole, up to the first thing that is none. */
  read(bytes: Buffer): RemoteEvent[] {
    const events: RemoteEvent[] = [];
    const objects = (this.#pending + bytes.toString('latin1')).split('}');
    this.#pending = objects.pop()!;
    for (const object of objects) {
      const size = object.length < OBJECT_LIMIT ? parseSize(`${object}}`) : null;
      if (size === null) return [...events, invalid()];
      events.push({ kind: 'resize', size });
    }
    return this.#pending.length < OBJECT_LIMIT ? events : [...events, invalid()];
  }
}

function invalid(): Fault<ChannelFault> {
  return faulted('SIZE_INVALID', 'the resize channel holds no terminal size');
}

function parseSize(text: string): TerminalSize | null {
  try {
    const { Width, Height } = JSON.parse(text) as Record<string, unknown>;
    return isCells(Width) && isCells(Height) ? { columns: Width, rows: Height } : null;
  } catch {
    return null;
  }
}

function isCells(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= LARGEST;
}
