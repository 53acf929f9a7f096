/**
 * The values that must not turn up in clear: those of Secrets that passed, and our own credentials. Bounded: the ones
 * that were learned or seen longest ago leave first; pinned ones stay until they are released.
 */
import { Known, type KnownValue } from './known.ts';
import type { Marker, MaskedFor } from './marker.ts';
import { StreamMask } from './stream.ts';

export interface VaultLimits {
  /** Values that are learned. */
  values: number;
  /** Bytes of all of them together. */
  bytes: number;
}

const LIMITS: VaultLimits = { values: 1000, bytes: 64 * 1024 };
/** Longer ones are archives rather than secrets (a Helm release, a key store). */
const MAX_VALUE = 8 * 1024;
/** Lines of a key are values of their own: they are indented, or stand in a text beside others. */
const MIN_KEY_LINE = 32;

export interface LearnOptions extends MaskedFor {
  /** Shorter ones are not learned: they would be found everywhere. */
  minLength: number;
}

export class Vault {
  readonly marker: Marker;
  readonly #limits: VaultLimits;
  readonly #learned = new Map<string, KnownValue>();
  readonly #pinned = new Map<symbol, KnownValue[]>();
  #bytes = 0;
  #known: Known | null = null;

  constructor(marker: Marker, limits: VaultLimits = LIMITS) {
    this.marker = marker;
    this.#limits = limits;
  }

  /** Values that are masked from now on. What was recorded or shown before stays as it is. */
  learn(values: Iterable<Uint8Array>, options: LearnOptions): void {
    for (const value of values) for (const part of partsOf(value)) this.#learn(part, options);
  }

  /** A credential: masked from now on until it is released, whatever the policy says. */
  pin(text: string, views: MaskedFor): () => void {
    const pin = Symbol('pin');
    const parts = partsOf(Buffer.from(text)).filter((part) => part.length >= MIN_PINNED);
    this.#pinned.set(
      pin,
      parts.map((bytes) => ({ bytes, ...views })),
    );
    this.#known = null;
    return () => {
      if (this.#pinned.delete(pin)) this.#known = null;
    };
  }

  /** All of them, as of now. */
  readonly known = (): Known => {
    this.#known ??= new Known([...[...this.#pinned.values()].flat(), ...this.#learned.values()], this.marker);
    return this.#known;
  };

  /** For output that a person reads. */
  stream(): StreamMask {
    return new StreamMask(this.known, 'stars');
  }

  /** A text as it is recorded. */
  readonly text = (text: string): string => {
    const known = this.known();
    if (Buffer.byteLength(text) < known.shortest) return text;
    const { record, masked } = known.mask(Buffer.from(text), 'stars');
    return masked ? Buffer.from(record).toString() : text;
  };

  #learn(bytes: Buffer, { record, agent, minLength }: LearnOptions): void {
    if (bytes.length < minLength || bytes.length > MAX_VALUE || isPlain(bytes)) return;
    const key = bytes.toString('latin1');
    const before = this.#learned.get(key);
    const value = {
      bytes,
      record: record || before?.record === true,
      agent: agent || before?.agent === true,
    };
    if (before === undefined) this.#bytes += bytes.length;
    if (before?.record !== value.record || before.agent !== value.agent) this.#known = null;
    this.#learned.delete(key);
    this.#learned.set(key, value);
    this.#shrink();
  }

  #shrink(): void {
    for (const [key, { bytes }] of this.#learned) {
      if (this.#learned.size <= this.#limits.values && this.#bytes <= this.#limits.bytes) return;
      this.#learned.delete(key);
      this.#bytes -= bytes.length;
      this.#known = null;
    }
  }
}

const MIN_PINNED = 8;

const BINARY = /[\x01-\x08\x0e-\x1a\x7f]/;

/** What is to be found of a value: without what editors and `echo` put around it; of a key, its lines too. */
function partsOf(value: Uint8Array): Buffer[] {
  const text = Buffer.from(value).toString('latin1');
  const whole = BINARY.test(text) ? text : text.replace(/^[\s\0]+|[\s\0]+$/g, '');
  if (!whole.includes('-----BEGIN ')) return [Buffer.from(whole, 'latin1')];
  // Certificates are public; a text may hold both.
  const secret = whole.replaceAll(
    /-----BEGIN (?:[A-Z0-9 ]* )?CERTIFICATE-----[^-]*-----END [^-]*-----\s*/g,
    '',
  );
  if (secret === '') return [];
  const lines = secret.split(/[\r\n]+/).map((line) => line.trim());
  const keys = lines.filter((line) => line.length >= MIN_KEY_LINE && /^[A-Za-z0-9+/=]+$/.test(line));
  return [secret, ...keys].map((part) => Buffer.from(part, 'latin1'));
}

/** A rule of dashes, zeros: nothing that keeps a secret, and everywhere. */
function isPlain(bytes: Buffer): boolean {
  return new Set(bytes).size < 3;
}
