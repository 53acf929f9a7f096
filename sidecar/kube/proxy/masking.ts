/** What masking means for one request: which answers may be asked for, what is stored of its body, what of the answer. */
import type { BodySummary, RequestInfo } from '../../../recorder/audit/request.ts';
import { ChaperoneError } from '../../../recorder/errors.ts';
import type { Json } from '../../action.ts';
import { type BodyMask, learnedBody, ObjectsBody } from '../../mask/body.ts';
import { carriesMask } from '../../mask/marker.ts';
import { maskText } from '../../mask/objects.ts';
import { takesOut } from '../../mask/pointer.ts';
import { type Masking, type MaskRule, rulesFor } from '../../mask/rules.ts';
import type { Vault } from '../../mask/vault.ts';
import type { Header } from '../../request/headers.ts';
import { JSON_TYPE, PROTOBUF_TYPE } from '../../request/media-type.ts';
import { Unfit } from '../../request/refusal.ts';
import type { AnswerHead } from './head.ts';
import { mediaType, wholeBody } from './ledger.ts';

/** A body as it came, and what was made of it. */
export interface SentBody {
  type: string;
  bytes: Uint8Array;
  object: Json | null;
}

/** What is stored of a body, and its summary but for what is cut off. */
export interface StoredBody {
  stored: Uint8Array;
  summary: BodySummary;
}

const NOTHING = new Uint8Array();

export class RequestMasking {
  readonly #vault: Vault;
  readonly #masking: Masking;
  readonly #rules: readonly MaskRule[];

  constructor(vault: Vault, masking: Masking, request: RequestInfo) {
    this.#vault = vault;
    this.#masking = masking;
    this.#rules = rulesFor(request, masking);
  }

  /**
   * Headers with which only answers come that can be masked.
   * @throws Unfit where the client takes none of them
   */
  headers(headers: readonly Header[]): Header[] {
    const named = this.#rules.length === 0 ? [...headers] : headers.map(maskable);
    const plain = this.#rules.length > 0 || this.#hidesFromAgent();
    return plain ? named.map((header) => (header[0] === 'accept-encoding' ? PLAIN : header)) : named;
  }

  /** @throws Unfit where a mask of ours stands in it, where it takes out what is masked, or could not be looked into */
  body({ type, bytes, object }: SentBody): StoredBody {
    if (carriesMask(bytes) || carriesMask(Buffer.from(JSON.stringify(object)))) throw carried();
    if (takesOut(object, this.#rules)) throw takenOut();
    const { text, declared } = readable({ type, bytes, object });
    if (this.#rules.length > 0 && text === null) return this.#undecoded(type, bytes);
    const masked = this.#rules.length === 0 ? null : this.#objects(text!);
    const source = masked === null || masked === text ? bytes : Buffer.from(masked);
    const json = source !== bytes || isJson(type, bytes);
    const { record } = this.#vault.known().mask(source, json ? 'json' : 'stars');
    const changed = !Buffer.from(bytes).equals(record);
    return summarised(record, { type: changed ? declared : type, sent: bytes.length, masked: changed });
  }

  /** An object of the API server's as it is recorded: JSON. What was masked in it is known from then on. */
  text(object: Json): string {
    const text = JSON.stringify(object);
    const masked = this.#rules.length === 0 ? text : this.#objects(text);
    const { record } = this.#vault.known().mask(Buffer.from(masked), 'json');
    return Buffer.from(record).toString();
  }

  /**
   * @param hasBody false where nothing but the head comes
   * @throws ChaperoneError where the answer is in a form that cannot be masked
   */
  answer({ contentType, encoding, status }: AnswerHead, hasBody: boolean): BodyMask {
    const type = mediaType(contentType).split(';', 1)[0]!;
    if (this.#rules.length === 0 || !hasBody)
      return learnedBody(this.#vault, type === JSON_TYPE ? 'json' : 'stars');
    if (type === JSON_TYPE && encoding === null) {
      const { minLength } = this.#masking;
      return new ObjectsBody({ vault: this.#vault, rules: this.#rules, minLength });
    }
    // What stands in front of the API server says no in words.
    if (status >= 400 && type.startsWith('text/')) return learnedBody(this.#vault, 'stars');
    throw new ChaperoneError(
      'REFUSED',
      `the answer is ${type || 'of no type'}${encoding === null ? '' : ` in ${encoding}`}, which cannot be masked`,
    );
  }

  #undecoded(type: string, bytes: Uint8Array): StoredBody {
    if (this.#rules.every(({ agent }) => !agent)) return withheld(type, bytes, 'it could not be decoded');
    throw new Unfit('media-type', `values in the body are masked, which needs JSON: send ${JSON_TYPE}`);
  }

  #hidesFromAgent(): boolean {
    const { secrets, paths } = this.#masking;
    return secrets.agent || paths.some(({ agent }) => agent);
  }

  /** The text as it is stored; what was masked in it is known from then on. */
  #objects(text: string): string {
    const { minLength } = this.#masking;
    const { marker } = this.#vault;
    const { record, values } = maskText(text, { rules: this.#rules, marker, minLength });
    for (const value of values) this.#vault.learn([value.bytes], { ...value, minLength });
    return record;
  }
}

/**
 * A body that nobody could make sense of: what may be a Secret is not stored, and in the rest known values are masked.
 */
export function unreadBody(
  vault: Vault,
  { uri, type, bytes }: { uri: string; type: string; bytes: Uint8Array },
): StoredBody {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (/secret/i.test(uri) || uri.includes('%') || /secret|stringData/i.test(body.toString('latin1'))) {
    return withheld(type, bytes, 'it may be a Secret, and could not be read');
  }
  const { record, masked } = vault.known().mask(bytes, 'stars');
  return summarised(record, { type, sent: bytes.length, masked });
}

const PLAIN: Header = ['accept-encoding', 'identity'];

/** Of what the client takes only JSON, whatever it prefers. */
function maskable([name, value]: Header): Header {
  if (name !== 'accept') return [name, value];
  const clauses = value.split(',').flatMap((clause) => {
    const [type = '', ...parameters] = clause.split(';').map((part) => part.trim());
    if (!['*/*', 'application/*', JSON_TYPE].includes(type.toLowerCase())) return [];
    return [[JSON_TYPE, ...parameters].join(';')];
  });
  if (clauses.length > 0) return [name, clauses.join(',')];
  throw new Unfit('accept', `values in the answer are masked, which needs JSON: accept ${JSON_TYPE}`);
}

/** JSON of what is in it, and how it is called then; null where nobody could read it. */
function readable({ type, bytes, object }: SentBody): { text: string | null; declared: string } {
  if (object === null) return { text: null, declared: type };
  if (type === PROTOBUF_TYPE) return { text: JSON.stringify(object), declared: JSON_TYPE };
  // JSON is YAML: the name stays right.
  return {
    text: isJson(type, bytes) ? Buffer.from(bytes).toString() : JSON.stringify(object),
    declared: type,
  };
}

function isJson(type: string, bytes: Uint8Array): boolean {
  if (/json$/.test(type)) return true;
  return /yaml$/.test(type) && /^\s*[{[]/.test(Buffer.from(bytes.subarray(0, 64)).toString('latin1'));
}

function summarised(
  stored: Uint8Array,
  { type, sent, masked }: { type: string; sent: number; masked: boolean },
): StoredBody {
  const { summary } = wholeBody({ stored, sent, masked }, type, stored.length);
  return { stored, summary };
}

function withheld(type: string, bytes: Uint8Array, why: string): StoredBody {
  const { stored, summary } = summarised(NOTHING, { type, sent: bytes.length, masked: true });
  return { stored, summary: { ...summary, cut: bytes.length, withheld: why } };
}

function takenOut(): Unfit {
  return new Unfit(
    'body-masked',
    'the patch copies or moves what is masked to where it would not be: write the value there, or leave it where it is',
  );
}

function carried(): Unfit {
  return new Unfit(
    'body-masked',
    'the body carries a mask ([chaperone-masked:…]) where a value was: to write it would destroy the value. Leave out what is masked, or use a patch',
  );
}
