/**
 * The evidence, wherever it is: a running recorder is spoken to over its API; where none runs, this process
 * opens the store itself.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Approvals } from '../../recorder/approvals/asking.ts';
import type { SessionId } from '../../recorder/audit/units.ts';
import type { Recorder } from '../../recorder/client/http.ts';
import { ChaperoneError } from '../../recorder/errors.ts';
import type { Endable } from '../../recorder/log/endings.ts';
import type { Archive, Journal, SessionSummary } from '../../recorder/log/ports.ts';
import type { KubeAccess } from '../../recorder/server/routes/kube.ts';
import type { Vault } from '../mask/vault.ts';

export interface Evidence {
  archive: Archive;
  /** What is known to be secret is masked before it goes in. */
  journal: Journal;
  /** What is known in this process. */
  vault: Vault;
  /** Where humans are asked; null where nobody can be. */
  approvals: Approvals | null;
  /** What leads guarded shells into the Kubernetes API; null where nothing does. */
  kube: KubeAccess | null;
  /** Lets what runs in a session take back what it asked; null where nobody is asked. */
  ownAccess: ((session: SessionId) => Promise<Recorder | null>) | null;
  /** Where a session of this process hears that it is to end. */
  endings: Endable;
  /** True where another process holds the store. */
  remote: boolean;
  close(): Promise<void>;
}

/** Opens the evidence of `data` for writing, making the directory where there is none. */
export async function openEvidence(data: string): Promise<Evidence> {
  const [{ MaskedJournal }, { newVault }] = await Promise.all([
    import('../mask/journal.ts'),
    import('../mask/new-vault.ts'),
  ]);
  const vault = newVault();
  const { findRecorder } = await import('../../recorder/client/discover.ts');
  const recorder = await findRecorder(data, process.env);
  if (recorder !== null) {
    const { RemoteArchive } = await import('../../recorder/client/archive.ts');
    const { RemoteJournal } = await import('../../recorder/client/journal.ts');
    const { RemoteApprovals } = await import('../../recorder/client/approvals.ts');
    const { sessionAccess } = await import('../../recorder/client/own-approvals.ts');
    const { RemoteKubeAccess } = await import('../../recorder/client/kube-access.ts');
    const journal = await RemoteJournal.connect(recorder);
    return {
      archive: new RemoteArchive(recorder),
      journal: new MaskedJournal(journal, vault),
      vault,
      approvals: new RemoteApprovals(recorder),
      kube: new RemoteKubeAccess(recorder),
      ownAccess: (session) => sessionAccess(recorder, session),
      endings: journal,
      remote: true,
      close: () => journal.close(),
    };
  }
  const [{ AuditLog }, { Endings }] = await Promise.all([
    import('../../recorder/log/audit-log.ts'),
    import('../../recorder/log/endings.ts'),
  ]);
  const log = await AuditLog.open({ data });
  const journal = new MaskedJournal(log, vault);
  return {
    archive: log,
    journal,
    vault,
    approvals: null,
    kube: null,
    ownAccess: null,
    endings: new Endings(),
    remote: false,
    close: () => log.close(),
  };
}

/** The recorder to read from: of another machine only where nothing is recorded in this directory. */
export async function recorderToRead(data: string): Promise<Recorder | null> {
  const { findRecorderAsPerson } = await import('../../recorder/client/person.ts');
  return findRecorderAsPerson(data, process.env, !hasEvidence(data));
}

export async function runningRecorder(data: string): Promise<Archive | null> {
  const recorder = await recorderToRead(data);
  if (recorder === null) return null;
  const { RemoteArchive } = await import('../../recorder/client/archive.ts');
  return new RemoteArchive(recorder);
}

/** Reading never makes an empty store. @throws ChaperoneError `NOT_FOUND` */
export async function requireEvidence(data: string): Promise<void> {
  if (hasEvidence(data) || process.env.CHAPERONE_URL) return;
  const { hasKeptLogin } = await import('../../recorder/client/person.ts');
  if (await hasKeptLogin(process.env)) return;
  const advice = 'record a session first (chaperone shell), or name the directory with --data';
  throw new ChaperoneError('NOT_FOUND', `no evidence in ${data}: ${advice}`);
}

function hasEvidence(data: string): boolean {
  return existsSync(join(data, 'log'));
}

/**
 * Runs `work` on what is there to read, and closes it in every case: that of a running recorder, as the person who is
 * logged in, or the store itself. What is on this machine comes first.
 */
export async function withEvidence<T>(
  data: string,
  work: (evidence: Pick<Evidence, 'archive'>) => Promise<T>,
): Promise<T> {
  await requireEvidence(data);
  const archive = await runningRecorder(data);
  if (archive !== null) return work({ archive });
  const evidence = await openEvidence(data);
  try {
    return await work(evidence);
  } finally {
    await evidence.close();
  }
}

/** https://github.com/ulid/spec */
export function isWholeId(text: string): boolean {
  return /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/i.test(text);
}

/** A session by its id, by its last four characters or more among the latest 500, or `last`. */
export async function findSession(archive: Archive, wanted: string): Promise<SessionSummary> {
  if (isWholeId(wanted)) return archive.session(wanted.toUpperCase());
  const { sessions } = await archive.sessions({ limit: 500 });
  if (wanted === 'last' && sessions[0] !== undefined) return sessions[0];
  const found = byEnding(sessions, wanted);
  if (typeof found !== 'string') return found;
  throw new ChaperoneError(
    'SESSION_UNKNOWN',
    `session ${JSON.stringify(wanted)} ${found}: chaperone sessions lists them`,
  );
}

/** Fewer characters of an id than this name nothing: the next one could change what they mean. */
const FEWEST = 4;

/** The one whose id ends so; or why there is none, as words that go on after its name. */
export function byEnding<T extends { id: string }>(all: readonly T[], wanted: string): T | string {
  const matches = all.filter(({ id }) => id.endsWith(wanted.toUpperCase()));
  if (matches.length === 1 && matches[0] !== undefined && wanted.length >= FEWEST) return matches[0];
  if (matches.length === 0 || wanted === 'last') return 'is not known';
  return wanted.length < FEWEST ? `needs ${FEWEST} characters or more of its id` : 'is ambiguous';
}
