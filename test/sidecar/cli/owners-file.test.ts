/** `DATA/owners.yaml`: read whole, or one clear line. */
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { parseOwners, readOwners } from '../../../sidecar/cli/owners-file.ts';

const GOOD = `owners:
  - { serviceAccount: 'agents:cursor-*', people: ['*@example.com'] }
  - { user: build, people: [lead@example.com] }
`;

t.test('what it says, and where it is wrong', async (t) => {
  const owners = parseOwners(GOOD, 'owners.yaml');
  t.strictSame(owners({ user: 'build', groups: [], proof: 'claimed' }), ['lead@example.com']);
  const wrong: [string, RegExp][] = [
    ['owners: [{ people: [a] }]', /owners\.yaml:1:\d+: .*say whose/],
    ['owners: [{ user: a }]', /people/],
    ['owners: [{ user: a, people: [] }]', /people/],
    ["owners: [{ user: 'a', people: ['*@x'] }]", /wants exactly one/],
    ["owners: [{ user: 'a-*', namespace: '*', people: ['*@x'] }]", /wants exactly one/],
    ["owners: [{ user: 'a-*', people: ['*@*'] }]", /wants exactly one/],
    ["owners: [{ user: 'a-?*', people: ['*@x'] }]", /wants exactly one/],
    ["owners: [{ serviceAccount: 'cursor', people: [a] }]", /namespace:name/],
    ['owners: [{ user: a, people: [b], also: c }]', /also/],
    [`${GOOD}---\n${GOOD}`, /one document/],
  ];
  for (const [text, message] of wrong)
    t.throws(() => parseOwners(text, 'owners.yaml'), { code: 'POLICY_INVALID', message }, text);
});

t.test('nobody without it, and not where others can write it', async (t) => {
  const data = await mkdtemp(join(tmpdir(), 'chaperone-owners-'));
  t.teardown(() => rm(data, { recursive: true, force: true }));
  const build = { user: 'build', groups: [], proof: 'claimed' as const };
  t.strictSame((await readOwners(data))(build), []);
  await writeFile(join(data, 'owners.yaml'), GOOD);
  t.strictSame((await readOwners(data))(build), ['lead@example.com']);
  await chmod(join(data, 'owners.yaml'), 0o666);
  await t.rejects(readOwners(data), { code: 'FORBIDDEN' });
});
