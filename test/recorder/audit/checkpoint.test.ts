/** Signed notes and checkpoints, against what their specifications and Go's implementation print. */
import { generateKeyPairSync } from 'node:crypto';
import t from 'tap';
import {
  openCheckpoint,
  openNote,
  parseCheckpoint,
  parseVerifierKey,
  signCheckpoint,
  signNote,
} from '../../../recorder/audit/checkpoint.ts';
import { EMPTY_ROOT } from '../../../recorder/audit/merkle.ts';
import { signerOf } from '../../../recorder/store/signing-key.ts';

/** From the documentation of golang.org/x/mod/sumdb/note. */
const PETER = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const TEXT =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const NOTE = `${TEXT}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n`;

const signer = signerOf(generateKeyPairSync('ed25519').privateKey);
const key = signer.verifier;

t.test('a published note opens with its published key', async (t) => {
  t.equal(openNote(NOTE, parseVerifierKey(PETER)), TEXT);
  t.equal(parseVerifierKey(PETER).text, PETER);
  t.throws(() => openNote(NOTE, key), { code: 'NOT_VERIFIED' }, 'with another key it does not');
});

t.test('the text of a published checkpoint', async (t) => {
  const root = 'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=';
  const parsed = parseCheckpoint(`example.com/behind-the-sofa\n20852163\n${root}\n`);
  t.match(parsed, { origin: 'example.com/behind-the-sofa', size: 20852163 });
  t.equal(Buffer.from(parsed.root).toString('base64'), root);
  t.equal(parseCheckpoint(`a\n0\n${root}\nan extension\n`).size, 0);
  for (const bad of [
    '',
    'a\n1\n',
    `\n1\n${root}\n`,
    `a\n01\n${root}\n`,
    `a\n-1\n${root}\n`,
    `a\n1e3\n${root}\n`,
    `a\n99999999999999999\n${root}\n`,
    `a\n1\n${root.slice(0, -2)}\n`,
    `a\n1\n${root}`,
    `a\n1\n${root}\n\n`,
    `a\n1\n${root}x\n`,
  ])
    t.throws(() => parseCheckpoint(bad), { code: 'NOT_VERIFIED' }, JSON.stringify(bad));
});

t.test('what we sign opens; any byte altered does not', async (t) => {
  const note = signCheckpoint({ size: 42, root: EMPTY_ROOT }, signer);
  t.match(openCheckpoint(note, key), { origin: key.name, size: 42, root: EMPTY_ROOT });
  t.equal(parseVerifierKey(key.text).text, key.text);
  const bytes = Buffer.from(note);
  for (let i = 0; i < bytes.length; i++) {
    for (const mask of [1, 32, 128]) {
      bytes[i]! ^= mask;
      t.throws(() => openCheckpoint(bytes.toString(), key), { code: 'NOT_VERIFIED' }, `byte ${i}`);
      bytes[i]! ^= mask;
    }
  }
  for (let size = 0; size < note.length; size++) {
    t.throws(() => openCheckpoint(note.slice(0, size), key), { code: 'NOT_VERIFIED' });
  }
});

t.test('signatures of others beside ours are ignored, a second wrong one of ours is not', async (t) => {
  const note = signCheckpoint({ size: 1, root: EMPTY_ROOT }, signer);
  const other = signNote('another text\n', signer).split('\n').at(-2)!;
  const witness = `— witness.example/w ${Buffer.alloc(80, 1).toString('base64')}\n`;
  t.equal(openCheckpoint(note + witness, key).size, 1);
  t.throws(() => openCheckpoint(`${note}${other}\n`, key), { code: 'NOT_VERIFIED' });
  t.throws(() => openCheckpoint(`${note}not a signature\n`, key), { code: 'NOT_VERIFIED' });
  t.throws(() => openCheckpoint(note.replace('1', '1\t'), key), { code: 'NOT_VERIFIED' });
});

t.test('a checkpoint of one log is none of another, though signed by its key', async (t) => {
  const note = signNote(`elsewhere.example/log\n1\n${Buffer.from(EMPTY_ROOT).toString('base64')}\n`, signer);
  t.throws(() => openCheckpoint(note, key), { code: 'NOT_VERIFIED' });
});

t.test('verifier keys that are not', async (t) => {
  for (const bad of [
    '',
    'a+b+c',
    PETER.replace('c74f', 'c74e'),
    PETER.replace('ARpc', 'ARpd'),
    `${PETER}AA`,
    'a b+00000000+AQ==',
  ]) {
    t.throws(() => parseVerifierKey(bad), { code: 'NOT_VERIFIED' }, bad);
  }
});
