import { visible } from '../text/visible.ts';

/** Text from a session: hidden characters become marks, and nothing reorders what stands around it. */
export function Plain({ text, limit }: { text: string; limit?: number }) {
  return (
    <bdi class="plain" dir="ltr">
      {visible(text, limit).map((part, index) =>
        'text' in part ? (
          part.text
        ) : (
          <span class="mark" key={index} title={part.name}>
            {part.mark}
          </span>
        ),
      )}
    </bdi>
  );
}
