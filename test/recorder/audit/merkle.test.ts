/** Roots: the vectors of the Certificate Transparency project for RFC 6962. Proofs: all, for every size up to 130. */
import t from 'tap';
import {
  consistencyPath,
  EMPTY_ROOT,
  Frontier,
  fullSubtrees,
  type Hash,
  inclusionPath,
  joinSubtrees,
  type LeafRange,
  leafHash,
  type Node,
  nodeHash,
  rootOf,
  verifyConsistency,
  verifyInclusion,
} from '../../../recorder/audit/merkle.ts';

const INPUTS = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const MOST = 130;
const leaves = Array.from({ length: MOST }, (_, i) => leafHash(Buffer.from(`leaf ${i}`)));

/** The definition of RFC 6962 §2.1, word for word: slow, and nothing of the code under test but its two hashes. */
function defined(hashes: readonly Hash[]): Hash {
  if (hashes.length === 0) return EMPTY_ROOT;
  if (hashes.length === 1) return hashes[0]!;
  let k = 1;
  while (k * 2 < hashes.length) k *= 2;
  return nodeHash(defined(hashes.slice(0, k)), defined(hashes.slice(k)));
}

const hashOf = ({ from, to }: LeafRange) => defined(leaves.slice(from, to));
const bent = (hash: Hash) => Buffer.from(hash).fill(hash[0]! ^ 1, 0, 1);

t.test('roots of the published trees', async (t) => {
  const published = INPUTS.map((hex) => leafHash(Buffer.from(hex, 'hex')));
  for (const [n, root] of ROOTS.entries()) {
    t.equal(Buffer.from(rootOf(published.slice(0, n))).toString('hex'), root, `${n} leaves`);
  }
});

t.test('growing leaf by leaf gives the defined root, and reports each full subtree once', async (t) => {
  const frontier = Frontier.empty();
  const seen = new Map<string, Hash>();
  for (const [i, leaf] of leaves.entries()) {
    frontier.append(leaf, (node: Node, hash) => {
      t.notOk(seen.has(`${node.level}/${node.index}`));
      seen.set(`${node.level}/${node.index}`, hash);
    });
    const size = i + 1;
    if (!Buffer.from(frontier.root()).equals(defined(leaves.slice(0, size)))) t.fail(`root at ${size}`);
    const hashes = fullSubtrees(0, size).map(({ level, index }) =>
      defined(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level)),
    );
    if (!Buffer.from(Frontier.from(size, hashes).root()).equals(frontier.root()))
      t.fail(`taken up again at ${size}`);
    if (!Buffer.from(joinSubtrees(hashes)).equals(frontier.root())) t.fail(`joined at ${size}`);
  }
  t.equal(seen.size, 65 + 32 + 16 + 8 + 4 + 2 + 1, 'one for each full subtree above the leaves');
  for (const [name, hash] of seen) {
    const [level, index] = name.split('/').map(Number) as [number, number];
    if (!Buffer.from(hash).equals(defined(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level))))
      t.fail(name);
  }
});

t.test('a copy of a frontier goes its own way', async (t) => {
  const one = Frontier.empty();
  for (const leaf of leaves.slice(0, 5)) one.append(leaf);
  const root = one.root();
  const two = one.copy();
  for (const leaf of leaves.slice(5, 9)) two.append(leaf);
  t.same(one.root(), root);
  t.equal(two.size, 9);
  t.throws(() => Frontier.from(3, [root]), RangeError);
});

t.test('every inclusion proof verifies, and none that is altered', async (t) => {
  for (let size = 1; size <= MOST; size++) {
    const root = defined(leaves.slice(0, size));
    for (let index = 0; index < size; index++) {
      const proof = inclusionPath(index, size).map(hashOf);
      const claim = { index, size, leaf: leaves[index]!, root };
      const right = verifyInclusion(claim, proof);
      const wrong = [
        verifyInclusion({ ...claim, leaf: bent(claim.leaf) }, proof),
        verifyInclusion({ ...claim, root: bent(root) }, proof),
        verifyInclusion({ ...claim, index: size }, proof),
        verifyInclusion(claim, [...proof, root]),
        ...(proof.length > 0
          ? [
              verifyInclusion(claim, proof.slice(1)),
              verifyInclusion(claim, [bent(proof[0]!), ...proof.slice(1)]),
            ]
          : []),
      ];
      if (!right || wrong.includes(true)) t.fail(`leaf ${index} of ${size}: ${right} ${wrong}`);
    }
  }
  t.throws(() => inclusionPath(5, 5), RangeError);
  t.throws(() => inclusionPath(-1, 5), RangeError);
});

t.test('every consistency proof verifies, and none that is altered', async (t) => {
  for (let size = 1; size <= MOST; size++) {
    const root = defined(leaves.slice(0, size));
    for (let old = 1; old <= size; old++) {
      const oldRoot = defined(leaves.slice(0, old));
      const proof = consistencyPath(old, size).map(hashOf);
      const claim = { old, size, oldRoot, root };
      const wrong = [
        verifyConsistency({ ...claim, oldRoot: bent(oldRoot) }, proof),
        verifyConsistency({ ...claim, root: bent(root) }, proof),
        verifyConsistency({ ...claim, old: size + 1 }, proof),
        verifyConsistency(claim, [...proof, root]),
        ...(proof.length > 0
          ? [
              verifyConsistency(claim, proof.slice(1)),
              verifyConsistency(claim, [...proof.slice(0, -1), bent(proof.at(-1)!)]),
            ]
          : []),
      ];
      if (!verifyConsistency(claim, proof) || wrong.includes(true)) t.fail(`${old} to ${size}: ${wrong}`);
    }
  }
  t.ok(verifyConsistency({ old: 0, size: 3, oldRoot: EMPTY_ROOT, root: defined(leaves.slice(0, 3)) }, []));
  t.throws(() => consistencyPath(0, 3), RangeError);
  t.throws(() => consistencyPath(4, 3), RangeError);
});

t.test('a proof for one leaf is none for its neighbour, and sizes above 2^32 are no problem', async (t) => {
  const size = 2 ** 33 + 5;
  t.equal(inclusionPath(2 ** 33 + 1, size).length, 4);
  t.same(fullSubtrees(0, size), [
    { level: 33, index: 0 },
    { level: 2, index: 2 ** 31 },
    { level: 0, index: 2 ** 33 + 4 },
  ]);
  const proof = inclusionPath(3, 100).map(hashOf);
  t.notOk(
    verifyInclusion({ index: 2, size: 100, leaf: leaves[3]!, root: defined(leaves.slice(0, 100)) }, proof),
  );
});
