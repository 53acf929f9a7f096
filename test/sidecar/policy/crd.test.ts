/** The CustomResourceDefinition: what the chart ships is what the schema says, in words that an API server takes. */
import { readFileSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { policyCrd, policyCrdText } from '../../../sidecar/policy/crd.ts';

const SHIPPED = new URL('../../../charts/chaperone/crds/agentpolicies.yaml', import.meta.url);

/** As far as these are looked at. */
interface Node {
  type?: string;
  properties?: Record<string, Node>;
  items?: Node;
  additionalProperties?: Node;
  [keyword: string]: unknown;
}

t.test('the chart ships what the schema says (CHAPERONE_UPDATE=1 writes it)', async (t) => {
  if (process.env.CHAPERONE_UPDATE === '1') writeFileSync(SHIPPED, policyCrdText());
  t.equal(readFileSync(SHIPPED, 'utf8'), policyCrdText());
});

t.test('it is structural, and fits where kubectl keeps what was applied', async (t) => {
  const { spec } = policyCrd() as { spec: { versions: { schema: { openAPIV3Schema: Node } }[] } };
  let nodes = 0;
  const look = (node: Node, path: string): void => {
    nodes += 1;
    t.ok(node.type !== undefined || node['x-kubernetes-preserve-unknown-fields'] === true, path);
    for (const keyword of ['$ref', 'anyOf', 'oneOf', 'const', 'propertyNames'])
      t.notOk(keyword in node, `${path} ${keyword}`);
    t.notOk(node.properties !== undefined && 'additionalProperties' in node, path);
    for (const [name, one] of Object.entries(node.properties ?? {})) look(one, `${path}.${name}`);
    if (node.items !== undefined) look(node.items, `${path}[]`);
    if (node.additionalProperties !== undefined) look(node.additionalProperties, `${path}{}`);
  };
  look(spec.versions[0]!.schema.openAPIV3Schema, '');
  t.ok(nodes > 100);
  // The annotation of client-side apply takes 256 KiB.
  t.ok(policyCrdText().length < 200_000);
});
