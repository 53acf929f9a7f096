/**
 * The field selector of a list or a watch, as the API server reads it: `metadata.name=web,status.phase!=Failed`.
 * A backslash quotes a comma, an equals sign or itself in a value. Pure.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/
 */

export interface FieldTerm {
  field: string;
  equal: boolean;
  value: string;
}

/** The terms that all have to hold; null where the server could not read it. */
export function parseFieldSelector(text: string): readonly FieldTerm[] | null {
  const terms: FieldTerm[] = [];
  for (const part of splitTerms(text)) {
    if (part === '') continue;
    const [, field, operator, raw] = /^(.*?)(!=|==|=)(.*)$/s.exec(part) ?? [];
    const value = raw === undefined ? null : unescaped(raw);
    if (field === undefined || value === null) return null;
    terms.push({ field, equal: operator !== '!=', value });
  }
  return terms;
}

/** A quoted comma does not part two terms; quotes are kept. */
function splitTerms(text: string): string[] {
  return text.match(/(?:\\.|[^,\\]|\\$)+/gs) ?? [];
}

function unescaped(raw: string): string | null {
  return /^(?:\\[\\,=]|[^\\,=])*$/s.test(raw) ? raw.replaceAll(/\\(.)/gs, '$1') : null;
}
