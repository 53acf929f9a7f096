import type { Chain, Link } from '../../recorder/attribution/chain.ts';
import { LINKS } from '../../recorder/attribution/words.ts';
import { sessionPath } from '../router.ts';
import { Plain } from '../ui/plain.tsx';
import { Findings } from './findings.tsx';
import { Rests } from './rests.tsx';

/** From the person down to what was changed, each step with what it rests on; leads to where each is replayed. */
export function ChainView({ chain: { links, findings } }: { chain: Chain }) {
  return (
    <>
      <ol class="chain" aria-label="From the person to the change">
        {links.map((link, index) => (
          <Step key={index} link={link} />
        ))}
      </ol>
      <Findings findings={findings} />
    </>
  );
}

function Step({ link }: { link: Link }) {
  const { kind, text, basis, proof, others, session, into } = link;
  return (
    <li class={`step ${kind}`}>
      <span class="kind">{LINKS[kind]}</span>
      <a href={sessionPath(session, into / 1e6)}>
        <Plain text={text || 'without words'} limit={600} />
      </a>
      <Rests basis={basis} proof={proof} others={others} />
    </li>
  );
}
