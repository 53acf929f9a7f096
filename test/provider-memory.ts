/** Where the tests' OpenID provider keeps what it knows: its own memory, which warns at every start where it is not named. */
import type { AdapterConstructor } from 'oidc-provider';
// @ts-expect-error: the package does not declare it
import Memory from 'oidc-provider/lib/adapters/memory_adapter.js';

class ProviderMemory extends (Memory as AdapterConstructor) {}

export const providerMemory: AdapterConstructor = ProviderMemory;
