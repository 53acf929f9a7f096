/**
 * The body of a character class: what cannot be seen and yet acts on who reads it. DEL and C1, which terminals
 * obey; line and paragraph separators; zero-width characters, directional marks and overrides, which show a text
 * as another; the BOM. (C0 is left to the caller: JSON escapes it, a label turns it into a blank.)
 */
export const UNPRINTABLE = '\\u007f-\\u009f\\u061c\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff';
