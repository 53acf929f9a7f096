/** What several policies say together about masking: the strictest of it. Pure. */

import { parsePath } from '../mask/path.ts';
import type { Masking, PathRule } from '../mask/rules.ts';
import { anyOf } from './pattern.ts';
import type { MaskedPath } from './schema/masking.ts';
import type { AgentPolicy } from './schema.ts';

/** What one policy says; undefined where it does not. */
export interface StatedMasking {
  record: boolean | undefined;
  agent: boolean | undefined;
  minLength: number | undefined;
  paths: readonly PathRule[];
}

const DEFAULT_MIN_LENGTH = 8;

export function compileMasking(masking: AgentPolicy['spec']['masking']): StatedMasking {
  return {
    record: masking?.secrets?.record,
    agent: masking?.secrets?.agent,
    minLength: masking?.learned?.minLength,
    paths: (masking?.paths ?? []).map(compilePath),
  };
}

function compilePath({ groups, resources, path, record = true, agent = false }: MaskedPath): PathRule {
  const group = groups === undefined ? () => true : anyOf(groups);
  const resource = anyOf(resources);
  return {
    segments: parsePath(path),
    written: 'text',
    ...{ record, agent },
    concerns: (request) => request.resource !== '' && group(request.group) && resource(request.resource),
  };
}

/** What is stored is masked unless all that say something about it say no; what the agent gets as soon as one says yes. */
export function strictest(stated: readonly StatedMasking[]): Masking {
  const record = stated.flatMap((one) => one.record ?? []);
  const lengths = stated.flatMap(({ minLength }) => minLength ?? []);
  return {
    secrets: {
      record: record.length === 0 || record.some(Boolean),
      agent: stated.some(({ agent }) => agent === true),
    },
    paths: stated.flatMap(({ paths }) => paths),
    minLength: lengths.length === 0 ? DEFAULT_MIN_LENGTH : Math.min(...lengths),
  };
}
