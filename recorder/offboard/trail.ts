/**
 * The credentials that one session used or read, told from its events. Pure.
 *
 *   events ──add──▶ findings, and requests whose answers say which Secrets they were ──name──▶ findings
 */
import type { AuditEvent, BodyOf } from '../audit/event.ts';
import { requestText } from '../export/labels.ts';
import type { SessionSummary } from '../log/ports.ts';
import { type Finding, type Findings, useOf } from './findings.ts';
import { type NamedSecret, secretsIn } from './secret-names.ts';

/** Tells what is a credential on a machine; knowing commands is not the recorder's own work. */
export interface CredentialReads {
  /** Paths, or a word for what it is, that the command line reads. */
  ofCommand(line: string, cwd: string): readonly string[];
  isCredential(path: string): boolean;
}

/** A request that was let on, until its end says what came of it. */
type Admitted = { event: AuditEvent; body: BodyOf<'request.admitted'> };

/** One whose answer has to be read to know which Secrets it was about. */
export interface Unnamed {
  /** Of the request. */
  id: string;
  /** Of its admission. */
  seq: number;
}

const RUNNING_MAX = 10_000;

export class SessionTrail {
  readonly #session: SessionSummary;
  readonly #reads: CredentialReads;
  readonly #findings: Findings;
  readonly #running = new Map<string, Admitted>();
  readonly #unnamed = new Map<string, Admitted>();

  constructor(session: SessionSummary, reads: CredentialReads, findings: Findings) {
    this.#session = session;
    this.#reads = reads;
    this.#findings = findings;
  }

  add(event: AuditEvent): void {
    const { body } = event;
    switch (body.type) {
      case 'session.start':
        this.#begun(event);
        break;
      case 'command.decided':
        if (body.allowed) this.#command(event, body);
        break;
      case 'tool.decided':
        if (body.allowed && body.use === 'read') this.#file(event, body.path, `reads ${body.path}`);
        break;
      case 'session.file':
        if (body.direction === 'from') this.#file(event, body.path, `copied ${body.path}`);
        break;
      case 'request.admitted':
        if (body.allowed && isTelling(body) && this.#running.size < RUNNING_MAX)
          this.#running.set(body.id, { event, body });
        break;
      case 'request.ended':
        this.#ended(body);
        break;
      default:
        break;
    }
  }

  /** What is still under way has handed out what it has. Returns the requests whose answers are to be read. */
  unnamed(): Unnamed[] {
    for (const [id, { event, body }] of this.#running)
      if (isSecrets(body) && body.request.verb !== 'create') this.#unnamed.set(id, { event, body });
    this.#running.clear();
    return [...this.#unnamed].map(([id, { event }]) => ({ id, seq: event.seq }));
  }

  /** @param text the answer; null where it is not kept, or not wholly */
  name(id: string, text: string | null): void {
    const request = this.#unnamed.get(id);
    if (request === undefined) return;
    this.#unnamed.delete(id);
    const secrets = text === null ? null : secretsIn(text);
    if (secrets === null) this.#unknownSecrets(request);
    else for (const secret of secrets) this.#secret(request, secret);
  }

  #begun(event: AuditEvent): void {
    const { entrance } = this.#session;
    if (entrance?.kind === 'api')
      this.#find(event, `requests to ${entrance.server}`, {
        ...{ kind: 'cluster', name: entrance.server, where: this.#session.host, verdict: 'check' },
        why: 'Requests went by the account of this machine or Pod, whose credential the agent never held.',
      });
    if (entrance?.kind === 'remote' && entrance.subresource !== 'portforward')
      this.#find(event, `${entrance.subresource} into ${entrance.container || entrance.pod}`, {
        ...{ kind: 'pod', name: `${entrance.namespace}/${entrance.pod}`, where: '', verdict: 'check' },
        why: 'What is mounted there, and its environment, was within reach.',
      });
  }

  #command(event: AuditEvent, { line, cwd }: BodyOf<'command.decided'>): void {
    for (const path of new Set(this.#reads.ofCommand(line, cwd)))
      this.#find(event, line, {
        ...{ kind: 'file', name: path, where: this.#place(), verdict: 'rotate' },
        why: 'A command of the agent read it.',
      });
    for (const name of variablesIn(line))
      this.#find(event, line, {
        ...{ kind: 'variable', name, where: this.#place(), verdict: 'rotate' },
        why: 'A command of the agent used its value.',
      });
  }

  #file(event: AuditEvent, path: string, what: string): void {
    if (!this.#reads.isCredential(path)) return;
    this.#find(event, what, {
      ...{ kind: 'file', name: path, where: this.#place(), verdict: 'rotate' },
      why: 'The agent read it.',
    });
  }

  #ended({ id, status }: BodyOf<'request.ended'>): void {
    const request = this.#running.get(id);
    this.#running.delete(id);
    if (request === undefined || status < 200 || status > 299 || request.body.dryRun) return;
    const { event, body } = request;
    const { resource, namespace, name, verb } = body.request;
    if (isSecrets(body)) {
      if (name !== '' && verb !== 'watch') this.#secret(request, { namespace, name, values: true });
      else this.#unnamed.set(id, request);
    } else if (resource === 'serviceaccounts')
      this.#find(event, requestText(body.request), {
        ...{ kind: 'token', name: `${namespace}/${name}`, where: '', verdict: 'rotate' },
        why: 'A token of this ServiceAccount was issued to the agent: it is good until it expires, or the account is made anew.',
      });
    else
      this.#find(event, requestText(body.request), {
        ...{ kind: 'certificate', name: name || 'a certificate', where: '', verdict: 'rotate' },
        why: 'The agent asked the cluster to sign a certificate: it cannot be revoked, only its rights be taken away.',
      });
  }

  #secret({ event, body }: Admitted, { namespace, name, values }: NamedSecret): void {
    const written = WRITES.has(body.request.verb);
    this.#find(event, requestText(body.request), {
      ...{ kind: 'secret', name: `${namespace || body.request.namespace}/${name}`, where: '' },
      ...(written
        ? { verdict: 'rotate', why: 'The agent wrote its value.' }
        : values
          ? { verdict: 'rotate', why: 'Its value was handed to the agent.' }
          : { verdict: 'check', why: 'Its name was shown to the agent, its value was not.' }),
    });
  }

  #unknownSecrets({ event, body }: Admitted): void {
    const { namespace } = body.request;
    const of = namespace === '' ? 'of all namespaces' : `of namespace ${namespace}`;
    this.#find(event, requestText(body.request), {
      ...{ kind: 'secret', name: `${namespace || '*'}/*`, where: '', verdict: 'rotate' },
      why: `Secrets ${of} were handed to the agent, and the answer that says which is not kept.`,
    });
  }

  #find(event: AuditEvent, what: string, found: Omit<Finding, 'use'>): void {
    this.#findings.add({ ...found, use: useOf(this.#session, event, what) });
  }

  /** Where its commands ran. */
  #place(): string {
    const { entrance, host } = this.#session;
    return entrance?.kind === 'remote' ? `pod ${entrance.namespace}/${entrance.pod}` : host;
  }
}

const WRITES: ReadonlySet<string> = new Set(['create', 'update', 'patch']);
const READS: ReadonlySet<string> = new Set(['get', 'list', 'watch']);

function isSecrets({ request }: Pick<BodyOf<'request.admitted'>, 'request'>): boolean {
  return request.resource === 'secrets' && request.group === '' && request.subresource === '';
}

/** Whether its answer could hand out a credential, or show that the agent has one. */
function isTelling(body: BodyOf<'request.admitted'>): boolean {
  const { resource, subresource, verb, group } = body.request;
  if (isSecrets(body)) return READS.has(verb) || WRITES.has(verb);
  if (verb !== 'create') return false;
  if (resource === 'serviceaccounts' && group === '') return subresource === 'token';
  return resource === 'certificatesigningrequests' && subresource === '';
}

/** Names that say that they hold a secret, word by word. */
const SECRET_NAME =
  /(?:^|_)(?:TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|PAT|CREDENTIALS?|(?:API|ACCESS|PRIVATE|SIGNING)_?KEY)(?:_|$)/;

function variablesIn(line: string): Set<string> {
  const names = [...line.matchAll(/\$\{?([A-Z][A-Z0-9_]*)/g)].map(([, name = '']) => name);
  return new Set(names.filter((name) => SECRET_NAME.test(name)));
}
