/**
 * How a receiver knows that a message is ours, and of now. Pure.
 *
 *   webhook-id: 01JD….requested.1767225600000000      the same each time that a message is tried
 *   webhook-timestamp: 1767225600                     seconds, of the attempt
 *   webhook-signature: v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=
 *                         └ base64 of HMAC-SHA256 over "id.timestamp.body"
 *
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
import { createHmac } from 'node:crypto';

export interface Signed {
  id: string;
  /** Seconds since the Unix epoch. */
  timestamp: number;
  body: string;
}

export function signatureHeaders(signed: Signed, secret: Uint8Array | null): Record<string, string> {
  const { id, timestamp } = signed;
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestamp),
    ...(secret !== null && { 'webhook-signature': signatureOf(signed, secret) }),
  };
}

function signatureOf({ id, timestamp, body }: Signed, secret: Uint8Array): string {
  return `v1,${createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
}

const PREFIX = 'whsec_';
const LEAST = 24;
const MOST = 64;

/** The bytes of a secret as it is written: `whsec_` and base64 of 24 to 64 bytes. Null for anything else. */
export function readSecret(text: string): Uint8Array | null {
  if (!text.startsWith(PREFIX)) return null;
  const encoded = text.slice(PREFIX.length);
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.toString('base64') !== encoded || bytes.length < LEAST || bytes.length > MOST) return null;
  return bytes;
}
