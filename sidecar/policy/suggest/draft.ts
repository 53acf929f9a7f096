/**
 * A draft of a policy from what was seen: the rules in force that refuse stay, and what was allowed becomes a rule with
 * the evidence beside it; everything else is denied. Pure.
 */
import { stringify } from 'yaml';
import type { AgentPolicy } from '../schema.ts';
import type { Evidence } from './seen.ts';

export interface Findings {
  /** What can be allowed by program and verb. */
  allowed: readonly Evidence[];
  /** What was also refused: the rules in force that allowed it stay in its place. */
  contested: readonly Evidence[];
  /** The policies in force. */
  policies: readonly AgentPolicy[];
  /** Lines that say on what the draft rests. */
  notes: readonly string[];
}

const NAME = 'suggested';
/** Patterns of one condition, as the schema has it. */
const MAX_PATTERNS = 256;

export function draft({ allowed, contested, policies, notes }: Findings): string {
  const kept = new Set(contested.flatMap(({ allowedBy }) => [...allowedBy]));
  const name = policies.some(({ metadata }) => metadata.name === NAME) ? `${NAME}-more` : NAME;
  const suggested = [
    ...notes.map((note) => `# ${note}`),
    ...contested.map(
      (one) => `# Not allowed as a whole, for it was refused as well: ${words(one)}${evidence(one)}`,
    ),
    'apiVersion: chaperone.dev/v1alpha1',
    'kind: AgentPolicy',
    `metadata: { name: ${name} }`,
    'spec:',
    '  defaults: { commands: deny, api: deny, exec: deny, tools: deny, unknown: ask }',
    ...section('commands', commandRules(allowed)),
    ...section('api', requestRules(allowed)),
    ...section('tools', toolRules(allowed)),
  ];
  const documents = policies.map((policy) => stringify(narrowed(policy, kept)));
  return [`${suggested.join('\n')}\n`, ...documents].join('---\n');
}

function words({ key }: Evidence): string {
  const { kind, ...rest } = key;
  return printable(`${kind} ${Object.values(rest).filter(Boolean).join(' ')}`);
}

/** What it refuses stays, and of what it allows the rules that are needed; its subjects stay too. */
function narrowed(policy: AgentPolicy, kept: ReadonlySet<string>): AgentPolicy {
  const { name } = policy.metadata;
  const stays = (rule: { name: string; effect: string }) =>
    rule.effect !== 'allow' || kept.has(`${name}/${rule.name}`);
  const { commands, api, exec, tools, defaults, ...rest } = policy.spec;
  const stricter = Object.entries(defaults ?? {}).filter(([, effect]) => effect !== 'allow');
  const spec: AgentPolicy['spec'] = {
    ...rest,
    ...(stricter.length > 0 && { defaults: Object.fromEntries(stricter) }),
    ...(commands && { commands: commands.filter(stays) }),
    ...(api && { api: api.filter(stays) }),
    ...(exec && { exec: exec.filter(stays) }),
    ...(tools && { tools: tools.filter(stays) }),
  };
  return { ...policy, spec };
}

function section(name: string, rules: readonly string[][]): string[] {
  return rules.length === 0 ? [] : [`  ${name}:`, ...rules.flat()];
}

interface Line {
  pattern: string;
  evidence: Evidence;
}

function commandRules(allowed: readonly Evidence[]): string[][] {
  const whole: Line[] = [];
  const byProgram = new Map<string, Line[]>();
  for (const one of allowed) {
    if (one.key.kind !== 'command') continue;
    const { program, verb } = one.key;
    if (verb === '') whole.push({ pattern: program, evidence: one });
    else append(byProgram, program, { pattern: verb, evidence: one });
  }
  return [
    ...chunks(whole).map((lines, n) => rule(`programs-${n + 1}`, [list('program', lines)])),
    ...[...byProgram].flatMap(([program, lines]) =>
      chunks(lines).map((some, n) =>
        rule(`${slug(program)}-${n + 1}`, [`program: [${literal(program)}]`, list('subcommand', some)]),
      ),
    ),
  ];
}

function requestRules(allowed: readonly Evidence[]): string[][] {
  const byResource = new Map<string, Line[]>();
  const paths = new Map<string, Line[]>();
  for (const one of allowed) {
    if (one.key.kind !== 'request') continue;
    const { verb, group, resource, path } = one.key;
    if (resource === '') append(paths, verb, { pattern: path, evidence: one });
    else append(byResource, `${group}\0${resource}`, { pattern: verb, evidence: one });
  }
  return [
    ...[...byResource].map(([key, lines], n) => {
      const [group = '', resource = ''] = key.split('\0');
      const where = [`groups: [${literal(group)}]`, `resources: [${literal(resource)}]`];
      return rule(`${slug(resource)}-${n + 1}`, [...where, list('verbs', lines)]);
    }),
    ...[...paths].flatMap(([verb, lines]) =>
      chunks(lines).map((some, n) =>
        rule(`paths-${slug(verb)}-${n + 1}`, [`verbs: [${literal(verb)}]`, list('paths', some)]),
      ),
    ),
  ];
}

/** Tools over MCP by name and server; files are the workspace's affair, and are left to whoever writes the policy. */
function toolRules(allowed: readonly Evidence[]): string[][] {
  const byServer = new Map<string, Line[]>();
  for (const one of allowed) {
    if (one.key.kind === 'tool' && one.key.use === 'mcp')
      append(byServer, one.key.server, { pattern: one.key.tool, evidence: one });
  }
  return [...byServer].flatMap(([server, lines], place) =>
    chunks(lines).map((some, n) =>
      rule(`mcp-${place + 1}-${n + 1}`, [`servers: [${literal(server)}]`, list('tools', some)]),
    ),
  );
}

function append(groups: Map<string, Line[]>, key: string, line: Line): void {
  groups.set(key, [...(groups.get(key) ?? []), line]);
}

function chunks(lines: readonly Line[]): Line[][] {
  const amount = Math.ceil(lines.length / MAX_PATTERNS);
  return Array.from({ length: amount }, (_, n) => lines.slice(n * MAX_PATTERNS, (n + 1) * MAX_PATTERNS));
}

function rule(name: string, conditions: readonly string[]): string[] {
  return [
    `    - name: ${name}`,
    '      effect: allow',
    '      reason: It was seen in recordings, and allowed.',
    '      match:',
    ...conditions.map((condition) => `        ${condition}`),
  ];
}

function list(field: string, lines: readonly Line[]): string {
  const items = lines.map((line) => `          - ${literal(line.pattern)}${evidence(line.evidence)}`);
  return [`${field}:`, ...items].join('\n');
}

/** A glob that matches this text and nothing else, as YAML. */
function literal(text: string): string {
  return JSON.stringify(text.replace(/[*?[\]\\]/g, (char) => `\\${char}`)).replace(
    UNSAFE,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** What draws on a terminal, or ends a line for YAML. */
const UNSAFE = /[\u007f-\u009f\u2028\u2029\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

function printable(text: string): string {
  return text.replace(/\p{C}/gu, '?').slice(0, 200);
}

function evidence({ count, first, last, session }: Evidence): string {
  const [from, to] = [dayOf(first), dayOf(last)];
  return ` # ${count} ×, ${from === to ? from : `${from} to ${to}`}, last in ${session}`;
}

function dayOf(micros: number): string {
  return new Date(micros / 1000).toISOString().slice(0, 10);
}

/** Names are lower-case letters, digits and hyphens. */
function slug(text: string): string {
  const name = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '');
  return name === '' ? 'other' : name;
}
