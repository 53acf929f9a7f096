/** Reads a part of a regular file: nothing waits for a pipe, nothing is read without end. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/** Null where it is no regular file, or may not be read. */
export function readPart(path: string, from: number, length: number): Buffer | null {
  let descriptor: number | null = null;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    if (!fstatSync(descriptor).isFile()) return null;
    const buffer = Buffer.allocUnsafe(length);
    return buffer.subarray(0, readSync(descriptor, buffer, 0, length, from));
  } catch {
    return null;
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}

/** The whole of a text file of at most so many bytes; null where it is longer, or not UTF-8. */
export function readWhole(path: string, limit: number): string | null {
  const bytes = readPart(path, 0, limit + 1);
  if (bytes === null || bytes.length > limit) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
