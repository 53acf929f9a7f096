/**
 * The thread behind `Packer`: commits to contents and compresses them. Each message is a buffer
 *
 *     ┌──────┬───────┬──────┬───────┬───┬───────┬───────┬───┐
 *     │ salt │ bytes │ salt │ bytes │ … │ value │ value │ … │
 *     └──────┴───────┴──────┴───────┴───┴───────┴───────┴───┘
 *
 * that comes with the first half filled, and goes back with the second.
 */
import { parentPort } from 'node:worker_threads';
import type { ContentRef } from '../audit/units.ts';
import { commit, packAlone, SALT_BYTES } from './content.ts';

/** What is asked: the lengths of the contents, in order. */
export interface PackTask {
  buffer: ArrayBuffer;
  lengths: number[];
}

/** What is answered: what each leaf says of its content, and how long the value is that the content has become. */
export interface PackAnswer {
  buffer: ArrayBuffer;
  packed: { ref: ContentRef; length: number }[];
}

parentPort?.on('message', ({ buffer, lengths }: PackTask) => {
  let at = 0;
  let end = lengths.reduce((sum, length) => sum + SALT_BYTES + length, 0);
  const all = Buffer.from(buffer);
  const packed = lengths.map((length) => {
    const salt = all.subarray(at, at + SALT_BYTES);
    const bytes = all.subarray(at + SALT_BYTES, at + SALT_BYTES + length);
    at += SALT_BYTES + length;
    const value = packAlone({ salt, bytes });
    end += value.copy(all, end);
    return { ref: commit(salt, bytes), length: value.length };
  });
  const answer: PackAnswer = { buffer, packed };
  parentPort?.postMessage(answer, [buffer]);
});
