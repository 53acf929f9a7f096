import type { Command } from 'commander';
import type { Archive } from '../../../recorder/log/ports.ts';
import { type LoadedPolicy, policyOf } from '../../policy/policy-file.ts';
import { redecide } from '../../policy/replay/redecide.ts';
import { rulesOf } from '../../policy/schema.ts';
import { draft } from '../../policy/suggest/draft.ts';
import { type Evidence, keysOf, Seen } from '../../policy/suggest/seen.ts';
import { dataDirectory, dataOption } from '../data.ts';
import { withEvidence } from '../evidence.ts';
import { count } from '../format.ts';
import { progressBar } from '../progress.ts';
import { type Replayed, replay } from './recordings.ts';
import { loadPolicy } from './which.ts';

/** `chaperone policy suggest [FILE]`. */
export function suggest(policy: Command): void {
  policy
    .command('suggest')
    .description(
      'print a draft that allows what was allowed in recordings, by program and verb, and nothing else',
    )
    .argument('[file]', 'the policy that was in force, whose refusals stay (default: the one in force now)')
    .addOption(dataOption())
    .action(run);
}

async function run(file: string | undefined, flags: { data?: string }): Promise<void> {
  const inForce = await loadPolicy(file, flags.data);
  const text = await withEvidence(dataDirectory(flags.data), ({ archive }) => suggestion(archive, inForce));
  process.stdout.write(text);
}

/** @param inForce what refuses in it stays */
export async function suggestion(archive: Archive, inForce: LoadedPolicy): Promise<string> {
  const seen = new Seen();
  const tally = { allowed: 0, refused: 0, unjudged: 0 };
  await each(archive, 'reading', (replayed) => note(replayed, { seen, tally, inForce }));
  const whole = { allowed: seen.all(), contested: [], policies: inForce.policies, notes: [] };
  const first = await policyOf(draft(whole), 'the draft');
  const stays = refusingRules(inForce);
  const contested: Evidence[] = [];
  // What is left out of it is allowed by no draft after it: one look is enough.
  await each(archive, 'checking', (replayed) => {
    if (replayed.body.allowed || stays(replayed.body.decision.rule) || !mayAllow(first, replayed)) return;
    for (const key of keysOf(replayed.body)) contested.push(...[seen.take(key) ?? []].flat());
  });
  return draft({ allowed: seen.all(), contested, policies: inForce.policies, notes: notesOf(tally, seen) });
}

async function each(archive: Archive, label: string, work: (replayed: Replayed) => void): Promise<void> {
  const bar = progressBar(label);
  try {
    for await (const replayed of replay(archive, (done, total) => bar.update(done, total))) work(replayed);
  } finally {
    bar.stop();
  }
}

interface Notebook {
  seen: Seen;
  tally: { allowed: number; refused: number; unjudged: number };
  inForce: LoadedPolicy;
}

function note(replayed: Replayed, { seen, tally, inForce }: Notebook): void {
  const { body, event, session } = replayed;
  if (!body.allowed) tally.refused += 1;
  else if (body.decision.unjudged) tally.unjudged += 1;
  else tally.allowed += 1;
  // What no rule could judge proves nothing about what it does.
  if (!body.allowed || body.decision.unjudged) return;
  const by = allowingRules(replayed, inForce);
  for (const key of keysOf(body)) seen.add(key, event.at, session.id, by);
}

function allowingRules({ recorded, session, event }: Replayed, inForce: LoadedPolicy): string[] {
  const world = 'worlds' in recorded ? recorded.worlds[0] : undefined;
  if (world === undefined) return [];
  const matches = inForce.evaluate(world, session.identity, event.at).flatMap((one) => one.matches);
  return matches
    .filter(({ rule, certain }) => certain && rule.effect === 'allow')
    .map(({ rule }) => rule.name);
}

/** Rules that are in the draft as well: what they refuse they refuse there. */
function refusingRules({ policies }: LoadedPolicy): (name: string) => boolean {
  const names = new Set(
    policies.flatMap((policy) =>
      rulesOf(policy)
        .filter(({ rule }) => rule.effect !== 'allow')
        .map(({ rule }) => `${policy.metadata.name}/${rule.name}`),
    ),
  );
  return (name) => names.has(name) || name.startsWith('builtin/');
}

/** Where it cannot be told, it may. */
function mayAllow(policy: LoadedPolicy, { recorded, session, event }: Replayed): boolean {
  const its = redecide(policy, recorded, { identity: session.identity, at: event.at });
  return 'missing' in its || its.decision.effect === 'allow';
}

function notesOf({ allowed, refused, unjudged }: Notebook['tally'], { overflow }: Seen): string[] {
  const notes = [
    `A draft from ${count(allowed, 'recorded action')} that ${allowed === 1 ? 'was' : 'were'} allowed; what was refused stays refused (${refused}).`,
    'Read it, narrow it, and hold it against the recordings: chaperone policy diff THIS.yaml.',
  ];
  if (unjudged > 0)
    notes.push(
      `${unjudged} passed unjudged, and suggest nothing: no rule can tell what they do. They would be asked about.`,
    );
  if (overflow > 0) notes.push(`${overflow} more were left out: there are too many different ones.`);
  return notes;
}
