/** What can be asked: which AI request did this? Pure. */
import { z } from 'zod';
import { isSessionId } from '../audit/decode.ts';
import type { SessionId } from '../audit/units.ts';
import { ChaperoneError } from '../errors.ts';

export type BlameQuery =
  /** An object of the cluster; `null` is any. The resource is in the plural, as paths of the API have it. */
  | { kind: 'object'; group: string | null; resource: string; namespace: string | null; name: string }
  | { kind: 'uid'; uid: string }
  /** Absolute and normalised. */
  | { kind: 'file'; path: string }
  /** A command line, or a part of it. */
  | { kind: 'command'; text: string }
  /** An event; without `seq` all that the session changed. */
  | { kind: 'event'; session: SessionId; seq: number | null };

export interface BlameOptions {
  /** Chains, 1 to 100. */
  limit: number;
  /** Microseconds since the epoch: nothing older. */
  since: number;
}

const text = z.string().min(1).max(4096);
const name = z.string().min(1).max(253);

const query = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('object'),
    group: z.string().max(253).nullable(),
    resource: name,
    namespace: z.string().max(253).nullable(),
    name,
  }),
  z.strictObject({ kind: z.literal('uid'), uid: name }),
  z.strictObject({ kind: z.literal('file'), path: text.startsWith('/') }),
  z.strictObject({ kind: z.literal('command'), text }),
  z.strictObject({
    kind: z.literal('event'),
    session: z.string().refine(isSessionId, 'not a session id'),
    seq: z.int().min(0).nullable(),
  }),
]);

/** @throws ChaperoneError `USAGE` */
export function parseBlameQuery(value: unknown): BlameQuery {
  const found = query.safeParse(value);
  if (found.success) return found.data;
  const issue = found.error.issues[0];
  throw new ChaperoneError(
    'USAGE',
    `${issue?.path.join('.') || 'what is asked'}: ${issue?.message ?? 'is wrong'}`,
  );
}

/** In a few words, for the record of who asked. */
export function queryText(asked: BlameQuery): string {
  switch (asked.kind) {
    case 'object':
      return `${asked.resource}${asked.group ? `.${asked.group}` : ''} ${asked.namespace ?? '*'}/${asked.name}`;
    case 'uid':
      return `uid ${asked.uid}`;
    case 'file':
      return `file ${asked.path}`;
    case 'command':
      return `command ${asked.text}`;
    case 'event':
      return `session ${asked.session}${asked.seq === null ? '' : `#${asked.seq}`}`;
  }
}
