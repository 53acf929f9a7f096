import { ChaperoneError } from '../../../../recorder/errors.ts';

/** An archive that cannot be read in exactly one way. */
export class Malformed extends ChaperoneError {
  constructor(why: string) {
    super('REFUSED', `chaperone: the copy is cut off, for its archive cannot be read: ${why}`);
    this.name = 'Malformed';
  }
}
