import type { Effect } from '../../recorder/audit/decision.ts';
import type { ExplainedPart, Explanation, Obstacle } from '../../recorder/server/explanation.ts';
import { Plain } from '../ui/plain.tsx';

const MOST = 2000;

/** How an action is decided: the whole, each part of it, what stands in the way, and what would be allowed. */
export function ExplanationView({ explanation }: { explanation: Explanation }) {
  const { decision, parts, omitted, obstacles, variants, policy } = explanation;
  return (
    <div class="explanation">
      <p class={`decision ${decision.effect}`} role="status">
        <EffectBadge effect={decision.effect} unjudged={decision.unjudged} />{' '}
        <span class="rule">
          <Plain text={decision.rule} limit={200} />
        </span>{' '}
        <Plain text={decision.reason} limit={MOST} />
      </p>
      {decision.instead !== undefined && (
        <p class="instead">
          Allowed instead: <Plain text={decision.instead} limit={MOST} />
        </p>
      )}
      <ol class="parts" aria-label="Parts">
        {parts.map((part, index) => (
          <PartRow key={index} part={part} />
        ))}
      </ol>
      {omitted > 0 && <p class="dim">{omitted.toLocaleString('en-GB')} more parts are allowed.</p>}
      <Obstacles obstacles={obstacles} parts={parts} />
      {variants.length > 0 && (
        <section class="variants">
          <h2>What would be allowed</h2>
          <ul>
            {variants.map(({ change, text }) => (
              <li key={text}>
                <Plain text={change} limit={200} />: <Code text={text} />
              </li>
            ))}
          </ul>
        </section>
      )}
      <p class="dim policies">
        By {policy.applying.join(', ') || 'no policy'}
        {policy.others.length > 0 && `; not for this identity: ${policy.others.join(', ')}`} ·{' '}
        <span class="digest">{policy.digest}</span>
      </p>
    </div>
  );
}

const NAMES: Record<Effect, string> = { allow: 'Allowed', ask: 'Needs approval', deny: 'Refused' };

function EffectBadge({ effect, unjudged = false }: { effect: Effect; unjudged?: boolean }) {
  const kind = effect === 'deny' ? 'refused' : effect === 'ask' || unjudged ? 'unjudged' : '';
  return <span class={`badge ${kind}`}>{unjudged ? 'Allowed, unjudged' : NAMES[effect]}</span>;
}

const KINDS = { command: '', intent: '', request: '', tool: '', function: 'defines ', unknown: '' } as const;

function PartRow({ part }: { part: ExplainedPart }) {
  const { kind, title, depth, facts, effect, rule, unknown, decisive, matches } = part;
  return (
    <li class={`part ${effect}`} style={`--depth: ${Math.min(depth, 8)}`} data-decisive={decisive}>
      <p class="what">
        {kind === 'unknown' ? (
          <>
            Not understood: <Plain text={title} limit={MOST} />
          </>
        ) : (
          <Code text={`${KINDS[kind]}${title}`} />
        )}
      </p>
      <p class="how">
        <EffectBadge effect={effect} />{' '}
        <span class="rule">
          <Plain text={rule} limit={200} />
        </span>
        {unknown && <span class="dim"> not known before it runs</span>}
        {decisive && <b> decides</b>}
      </p>
      {facts.length + matches.length > 0 && (
        <dl>
          {facts.map(({ name, values }) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                <Plain text={values.join(', ')} limit={MOST} />
              </dd>
            </div>
          ))}
          {matches.map((match) => (
            <div key={match.rule}>
              <dt>{match.certain ? 'matches' : 'may match'}</dt>
              <dd>
                <span class="rule">
                  <Plain text={match.rule} limit={200} />
                </span>{' '}
                ({match.effect}) <Plain text={match.reason} limit={MOST} />
              </dd>
            </div>
          ))}
        </dl>
      )}
    </li>
  );
}

function Obstacles({ obstacles, parts }: { obstacles: Obstacle[]; parts: ExplainedPart[] }) {
  if (obstacles.length === 0) return null;
  return (
    <section class="obstacles">
      <h2>What stands in the way</h2>
      <p class="dim">All of it, and nothing else.</p>
      <ul>
        {obstacles.map(({ part, rules, hint }, index) => (
          <li key={index}>
            {parts.length > 1 && (
              <>
                <Code text={parts[part]?.title ?? ''} />:{' '}
              </>
            )}
            <span class="rule">
              <Plain text={rules.join(', ')} limit={400} />
            </span>{' '}
            <Plain text={hint} limit={MOST} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Code({ text }: { text: string }) {
  return (
    <code>
      <Plain text={text} limit={MOST} />
    </code>
  );
}
