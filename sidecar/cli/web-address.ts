/** Addresses that an operator writes into a file of settings. */
import { z } from 'zod';
import { isLoopback } from '../../recorder/server/oidc/outbound.ts';

/** A place on the web of which nobody on the way can change anything. */
export const webAddress = z
  .string()
  .max(2048)
  .refine((text) => URL.canParse(text), 'this is no address: https://…')
  .transform((text) => new URL(text))
  .refine(
    (url) => url.protocol === 'https:' || isLoopback(url),
    'only https:// is safe; http:// is for what runs on this machine',
  );
