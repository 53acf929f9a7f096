/** A body of any encoding that the API server takes → the object in it. Pure. */
import type { Json } from '../../action.ts';
import type { MediaType } from '../media-type.ts';
import { parseJson } from './json.ts';
import { decodeProtobuf } from './protobuf/envelope.ts';
import { parseYaml } from './yaml.ts';

export interface Decoded {
  /** Null where its encoding is known and the kind in it is not. */
  object: Json | null;
  /** What goes on. */
  forward: Uint8Array;
}

/** @throws Unfit where it is broken, or could be read in two ways */
export function decodeBody(type: MediaType, bytes: Uint8Array): Decoded {
  switch (type) {
    case 'application/json':
    case 'application/json-patch+json':
    case 'application/merge-patch+json':
    case 'application/strategic-merge-patch+json':
      return { object: parseJson(bytes), forward: bytes };
    case 'application/yaml':
    case 'application/apply-patch+yaml': {
      const { object, bytes: forward } = parseYaml(bytes);
      return { object, forward };
    }
    case 'application/vnd.kubernetes.protobuf':
      return { object: decodeProtobuf(bytes), forward: bytes };
  }
}
