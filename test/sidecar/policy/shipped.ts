/** The policy that ships with Chaperone, for tests of what it does. */
import { readFileSync } from 'node:fs';
import { parsePolicies } from '../../../sidecar/policy/parse.ts';
import { PolicySet } from '../../../sidecar/policy/policy-set.ts';

const text = readFileSync(new URL('../../../sidecar/policy/default.yaml', import.meta.url), 'utf8');

/** As it ships: what is unknown asks. */
export const shipped = new PolicySet(parsePolicies(text, 'default.yaml'));

/** The text of the same, where what is unknown runs and is marked: so that what else is said of a line shows. */
export const lenientText = text.replace(/^( *unknown:) ask/m, '$1 allow');
if (lenientText === text) throw new Error('the default policy does not ask where it does not know');

export const lenient = new PolicySet(parsePolicies(lenientText, 'lenient.yaml'));
