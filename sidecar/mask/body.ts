/** The body of an answer on its way, as it is stored and as the agent gets it. Pure. */
import { ChaperoneError } from '../../recorder/errors.ts';
import type { Views } from './known.ts';
import { maskText } from './objects.ts';
import type { Style } from './replace.ts';
import type { MaskRule } from './rules.ts';
import { StreamMask } from './stream.ts';
import { Units } from './units.ts';
import type { Vault } from './vault.ts';

export interface BodyMask {
  push(bytes: Uint8Array): Views;
  /** Bytes that are held back, and may be let go when it is quiet. */
  readonly held: number;
  release(): Views;
  end(): Views;
  /** Whether anything was masked in the record. */
  readonly masked: boolean;
}

/** Text of any kind: values that are known are found in it. */
export function learnedBody(vault: Vault, style: Style): BodyMask {
  const stream = new StreamMask(vault.known, style);
  return {
    push: (bytes) => stream.push(bytes),
    release: () => stream.release(),
    end: () => stream.release(),
    get held() {
      return stream.held;
    },
    get masked() {
      return stream.masked;
    },
  };
}

export interface ObjectsOptions {
  vault: Vault;
  rules: readonly MaskRule[];
  minLength: number;
}

const NOTHING = Buffer.alloc(0);
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** JSON of the API: values that rules name are masked where they stand, learned, and found wherever else they are. */
export class ObjectsBody implements BodyMask {
  readonly held = 0;
  readonly #options: ObjectsOptions;
  readonly #units = new Units();
  /** As of the beginning: what this very answer teaches is masked in each object by itself. */
  readonly #known: ReturnType<Vault['known']>;
  #masked = false;

  constructor(options: ObjectsOptions) {
    this.#options = options;
    this.#known = options.vault.known();
  }

  get masked(): boolean {
    return this.#masked;
  }

  /** @throws ChaperoneError where it is no JSON: nothing of it may pass then */
  push(bytes: Uint8Array): Views {
    return this.#joined(this.#units.push(bytes));
  }

  release(): Views {
    return this.#joined([]);
  }

  end(): Views {
    return this.#joined(this.#units.end());
  }

  #joined(pieces: ReturnType<Units['push']>): Views {
    const views = pieces.map(({ unit, bytes }) =>
      unit ? this.#unit(bytes) : { record: bytes, agent: bytes },
    );
    const record = this.#copiesMasked(views, 'record');
    const agent = this.#copiesMasked(views, 'agent');
    const masked = record.masked || views.some((view, place) => view.record !== pieces[place]!.bytes);
    this.#masked ||= masked;
    return { record: record.bytes, agent: agent.bytes, masked };
  }

  #unit(bytes: Buffer): Pick<Views, 'record' | 'agent'> {
    const { vault, rules, minLength } = this.#options;
    const text = decoded(bytes);
    const { record, agent, values } = maskText(text, { rules, minLength, marker: vault.marker });
    for (const value of values) vault.learn([value.bytes], { ...value, minLength });
    const view = (masked: string) => (masked === text ? bytes : Buffer.from(masked));
    return { record: view(record), agent: view(agent) };
  }

  #copiesMasked(
    views: readonly Pick<Views, 'record' | 'agent'>[],
    name: 'record' | 'agent',
  ): { bytes: Uint8Array; masked: boolean } {
    const bytes = views.length === 0 ? NOTHING : Buffer.concat(views.map((view) => view[name]));
    const masked = this.#known.mask(bytes, 'json');
    return { bytes: masked[name], masked: masked.masked };
  }
}

function decoded(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new ChaperoneError('EVENT_INVALID', 'what has to be masked is not UTF-8');
  }
}
