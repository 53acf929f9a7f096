import type { BodySummary } from '../../recorder/audit/request.ts';
import { byteCount } from '../text/amount.ts';
import { visibleText } from '../text/visible.ts';
import { Plain } from '../ui/plain.tsx';
import { objectText } from './object-text.ts';

/** Characters of one line: a Secret or a log can be one. */
const MOST_OF_LINE = 20_000;

const DOWNLOAD = 'the JSON lines download has all of it.';

interface BodyProperties {
  name: string;
  /** Null where none was kept beside it. */
  summary: BodySummary | null;
  content: Uint8Array<ArrayBuffer>;
  /** Where what is cut off can be seen. */
  elsewhere?: string;
}

/** A body to read, and what is known of it. */
export function Body({ name, summary, content, elsewhere = DOWNLOAD }: BodyProperties) {
  const { text, cut } = objectText(content);
  return (
    <section class="body" aria-label={name}>
      <h3>
        {name} <span class="dim">{summary !== null && factsOf(summary)}</span>
      </h3>
      {content.length > 0 && (
        <pre>
          {text.split('\n').map((line, index) => (
            <span key={index}>
              <Plain text={line} limit={MOST_OF_LINE} />
              {'\n'}
            </span>
          ))}
        </pre>
      )}
      {cut > 0 && (
        <p class="dim">
          {byteCount(cut)} more: {elsewhere}
        </p>
      )}
      {summary !== null && <p class="digest">sha256 {summary.sha256}</p>}
    </section>
  );
}

function factsOf(summary: BodySummary): string {
  const facts = [
    summary.type,
    byteCount(summary.bytes),
    summary.encoding ?? '',
    summary.masked ? 'masked' : '',
    summary.cut === undefined ? '' : `${byteCount(summary.cut)} not kept`,
    summary.withheld === undefined ? '' : visibleText(summary.withheld, 200),
  ];
  return facts.filter(Boolean).join(' · ');
}
