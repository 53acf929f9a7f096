/** Characters that hide what a line says: to whoever reads it, and perhaps to what reads it for them. */

/**
 * Control characters, marks that turn the direction of writing, and characters without width, and what looks like a slash. Joiners are left out: names and
 * emoji are written with them.
 */
const HIDDEN =
  /\r(?!\n|$)|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2044\u2060-\u2069\u2215\u29f8\ufeff\uff0f\ufff9-\ufffb]/;

export function hasHidden(text: string): boolean {
  return HIDDEN.test(text);
}

/** True of a program's name with a letter, a blank or a mark that another alphabet lends. */
export function hasLookAlike(name: string): boolean {
  return /[^\u0020-\u007e]/.test(name);
}
