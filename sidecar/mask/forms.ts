/** The forms in which one value turns up in text: as it is, and as the usual encodings make it. Pure. */

export interface Form {
  bytes: Buffer;
  /** The alphabet that what stands in its place has to be of. */
  alphabet: 'text' | 'base64' | 'base64url';
}

const LINE_ENDS = /[\r\n]+/g;

/** All of them, each once. Line ends are left out: a terminal, `base64` and YAML put them where they like. */
export function formsOf(value: Uint8Array): Form[] {
  const bytes = Buffer.from(value);
  const found = new Map<string, Form>();
  const add = (text: string, alphabet: Form['alphabet'] = 'text') => {
    const form = text.replaceAll(LINE_ENDS, '');
    if (form !== '' && !found.has(form)) found.set(form, { bytes: Buffer.from(form, 'latin1'), alphabet });
  };
  add(bytes.toString('latin1'));
  for (const text of escaped(bytes)) add(Buffer.from(text).toString('latin1'));
  for (const text of encoded64(bytes)) {
    add(text, 'base64');
    if (/[+/=]/.test(text)) {
      add(text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', ''), 'base64url');
    }
  }
  const hex = bytes.toString('hex');
  add(hex);
  add(hex.toUpperCase());
  return [...found.values()];
}

/** Within JSON (as Go and as JavaScript write it), within JSON within JSON, in a shell's quotes, and in a URL. */
function escaped(bytes: Buffer): string[] {
  const text = bytes.toString('utf8');
  const json = inJson(text);
  const go = goJson(json);
  return [json, go, inJson(json), goJson(inJson(json)), ...shellQuoted(text), ...percentEncoded(bytes)];
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** https://pkg.go.dev/encoding/json#Marshal escapes what HTML could stumble over. */
function goJson(json: string): string {
  return json.replaceAll(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Without quotes, as our own log of an argv has it; in double quotes; in single ones. */
function shellQuoted(text: string): string[] {
  const bare = text.replaceAll(/[#!"$&'()*,:;<=>?@[\\\]^`{|}]/g, '\\$&');
  return [
    bare,
    text.replaceAll(/["\\$`!]/g, '\\$&'),
    ...["'\\''", `'"'"'`].map((quote) => text.replaceAll("'", quote)),
  ];
}

/** https://www.rfc-editor.org/rfc/rfc3986#section-2.1, and as forms do it. */
function percentEncoded(bytes: Buffer): string[] {
  const text = [...bytes]
    .map((byte) => {
      const char = String.fromCharCode(byte);
      return /[A-Za-z0-9._~-]/.test(char) ? char : `%${byte.toString(16).padStart(2, '0').toUpperCase()}`;
    })
    .join('');
  const lower = text.replaceAll(/%../g, (code) => code.toLowerCase());
  return [text, lower, text.replaceAll('%20', '+')];
}

/**
 * The whole of it with its padding; and those characters that the value alone decides, at each of the three places
 * where it may stand in something longer that is encoded:
 *
 *     shift 0  |vvvvvv vv|vvvv vvvv|vv vvvvvv|      shift 1  |xxxxxx xx|vvvv vvvv|…   two characters before are not ours
 *                                                  shift 2  |xxxxxx xx|xxxx xxxx|vv…  three are not
 */
function encoded64(bytes: Buffer): string[] {
  const cores = [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .replaceAll('=', '');
    const partial = (shift + bytes.length) % 3 === 0 ? 0 : 1;
    return text.slice([0, 2, 3][shift], text.length - partial);
  });
  return [bytes.toString('base64'), ...cores];
}
