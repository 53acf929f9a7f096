/** Proofs from the store, held against the checkpoint by the pure verifiers; over more than one kept subtree. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openCheckpoint, parseVerifierKey } from '../../../recorder/audit/checkpoint.ts';
import { decodeEvent } from '../../../recorder/audit/decode.ts';
import { leafHash, verifyConsistency, verifyInclusion } from '../../../recorder/audit/merkle.ts';
import { AuditLog } from '../../../recorder/log/audit-log.ts';
import { decided, newData, sessionId, start } from './sample.ts';

t.test('any event is proved to be in the log, and any older head to be extended', async (t) => {
  const data = newData();
  const log = await AuditLog.open({ data });
  const key = parseVerifierKey(readFileSync(join(data, 'key.pub'), 'utf8'));
  const heads = [];
  for (let i = 0; i < 7; i++) {
    const drafts = Array.from({ length: 90 + i }, (_, j) => decided(`step ${i} ${j}`));
    await log.append(sessionId(i % 3), i < 3 ? [start(), ...drafts] : drafts);
    await log.durable();
    heads.push(openCheckpoint(await log.checkpoint(), key));
  }
  const root = heads.at(-1)!.root;
  for (const [n, seq] of [
    [0, 0],
    [1, 0],
    [2, 90],
    [0, 91],
    [0, 130],
    [1, 180],
    [2, 187],
  ] as const) {
    const { checkpoint, proof } = await log.prove(sessionId(n), seq);
    t.match(decodeEvent(proof.leaf), { session: sessionId(n), seq });
    const claim = {
      index: proof.index,
      size: proof.size,
      leaf: leafHash(proof.leaf),
      root: openCheckpoint(checkpoint, key).root,
    };
    t.ok(verifyInclusion(claim, proof.path), `${n}/${seq}`);
    t.notOk(verifyInclusion({ ...claim, index: claim.index + 1 }, proof.path));
  }
  for (const head of heads) {
    const { path } = await log.proveExtension(head.size);
    t.ok(
      verifyConsistency({ old: head.size, size: heads.at(-1)!.size, oldRoot: head.root, root }, path),
      `from ${head.size}`,
    );
  }
  await t.rejects(log.prove(sessionId(0), 9999), { code: 'NOT_FOUND' });
  await t.rejects(log.prove(sessionId(9), 0), { code: 'NOT_FOUND' });
  await t.rejects(log.proveExtension(0), { code: 'NOT_FOUND' });
  await log.close();
});
