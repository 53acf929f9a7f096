/** A vault with a key of its own, which ends with this process: masks of two runs cannot be compared. */
import { randomBytes } from 'node:crypto';
import { Marker } from './marker.ts';
import { Vault } from './vault.ts';

const KEY_BYTES = 32;

export function newVault(): Vault {
  return new Vault(new Marker(randomBytes(KEY_BYTES)));
}
