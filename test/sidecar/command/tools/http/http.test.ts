/** Clients of HTTP: what they ask of an API server, and which hosts they contact. */
import t from 'tap';
import { capabilities, hosts, intents } from '../intents.ts';

const NODE = 'delete nodes :x';
const TABLE: Readonly<Record<string, readonly string[]>> = {
  // Methods
  'curl https://kubernetes/api/v1/nodes/x': ['get nodes :x'],
  'curl -X DELETE https://kubernetes/api/v1/nodes/x': [NODE],
  'curl -sSkXDELETE https://kubernetes/api/v1/nodes/x': [NODE],
  'curl https://kubernetes/api/v1/nodes/x --request DELETE': [NODE],
  'curl --req=DELETE https://kubernetes/api/v1/nodes/x': [NODE],
  'curl -X GET -X DELETE https://kubernetes/api/v1/nodes/x': [NODE],
  'curl -I https://kubernetes/api/v1/nodes/x': ['get nodes :x'],
  'curl --head https://kubernetes/api/v1/nodes/x': ['get nodes :x'],
  'curl -d @n.json https://kubernetes/api/v1/nodes': ['create nodes :'],
  'curl --json @n.json https://kubernetes/api/v1/nodes': ['create nodes :'],
  'curl -X PATCH -d @n.json https://kubernetes/api/v1/nodes/x': ['patch nodes :x'],
  'curl -T n.json https://kubernetes/api/v1/nodes/x': ['update nodes :x'],
  'curl -T n.json https://kubernetes/api/v1/nodes/x https://kubernetes/api/v1/nodes/y': [
    'update nodes :x',
    'update nodes :y',
    'get nodes :x',
    'get nodes :y',
  ],
  'curl -G -d watch=1 https://kubernetes/api/v1/nodes': ['watch nodes : watch=1'],
  'curl -X "$METHOD" https://kubernetes/api/v1/nodes/x': ['? ?/?/? ?:? dry-run? maybe'],
  'wget --method=DELETE https://kubernetes/api/v1/nodes/x': [NODE],
  'wget --post-file n.json https://kubernetes/api/v1/nodes': ['create nodes :'],
  'http DELETE https://kubernetes/api/v1/nodes/x': [NODE],
  'http https://kubernetes/api/v1/nodes kind=Node': ['create nodes :'],
  'http https://kubernetes/api/v1/nodes limit==5 Accept:text/plain': ['list nodes :'],
  // Servers
  'curl -X DELETE https://kubernetes.default.svc.cluster.local/api/v1/nodes/x': [NODE],
  'curl -X DELETE https://127.0.0.1:6443/api/v1/nodes/x': [NODE],
  'curl -X DELETE https://127.1:6443/api/v1/nodes/x': [NODE],
  'curl -X DELETE "https://$KUBERNETES_SERVICE_HOST/api/v1/nodes/x"': [`${NODE}`],
  'curl -X DELETE https://10.0.0.1/api/v1/nodes/x': [`${NODE} maybe`],
  'curl -X DELETE http://localhost:8001/api/v1/nodes/x': [`${NODE} maybe`],
  'curl -X DELETE "$SERVER/api/v1/nodes/x"': [`${NODE} maybe`],
  'curl -X DELETE https://x.example/apis/apps/v1/namespaces/s/deployments/d': [
    'delete apps/deployments s:d maybe',
  ],
  'curl -X DELETE https://x.example/api/v1/orders/7': [],
  'curl -X DELETE https://x.example/v1/nodes/x': [],
  'curl https://x.example/': [],
  // Several, and parts that are computed
  'curl -X DELETE https://kubernetes/api/v1/nodes/x https://kubernetes/api/v1/nodes/y': [
    NODE,
    'delete nodes :y',
  ],
  'curl https://x.example --next -X DELETE https://kubernetes/api/v1/nodes/x': [NODE],
  "curl -X DELETE 'https://kubernetes/api/v1/nodes/{x,y}'": [NODE, 'delete nodes :y'],
  "curl -X DELETE 'https://kubernetes/api/v1/nodes/n[09-10]'": ['delete nodes :n09', 'delete nodes :n10'],
  "curl -X DELETE 'https://kubernetes/api/v1/nodes/n[1-100000]'": ['? ?/?/? ?:? dry-run? maybe'],
  'curl -X DELETE https://kubernetes/api/v1/x/../nodes/x': [NODE],
  'curl -X DELETE "https://kubernetes/api/v1/nodes/$NAME"': ['delete nodes :? dry-run? maybe'],
  'curl -X DELETE https://kubernetes/api/v1/nodes/x?dryRun=All': [`${NODE} dryRun=All dry-run`],
  'curl -X DELETE -d @o.json https://kubernetes/api/v1/nodes/x?dryRun=All': [`${NODE} dryRun=All dry-run?`],
  'curl -H "Impersonate-User: root" https://kubernetes/api/v1/nodes/x': ['get nodes :x as'],
  'U=https://kubernetes; curl -X DELETE $U/api/v1/nodes/x': [NODE],
  // Unknown
  'curl "$URL"': ['get ?/?/? ?:? dry-run? maybe', 'list ?/?/? ?:? dry-run? maybe'],
  'curl -X PATCH "$URL"': ['patch ?/?/? ?:? dry-run? maybe'],
  'curl -K file': ['? ?/?/? ?:? dry-run? maybe'],
  'curl $ARGS https://x.example': ['? ?/?/? ?:? dry-run? maybe'],
  'curl --help': [],
};

for (const [line, expected] of Object.entries(TABLE)) t.strictSame(intents(line), expected, line);

const HOSTS: Readonly<Record<string, readonly string[]>> = {
  'curl https://Example.COM:8443/a?b#c': ['example.com'],
  'curl https://user:secret@example.com/': ['example.com'],
  'curl example.com/x other.example': ['example.com', 'other.example'],
  'curl -o out --url https://a.example --url=b.example': ['a.example', 'b.example'],
  'curl "https://a.example/$PATH"': ['a.example'],
  'curl "https://$HOST/x"': ['?'],
  'curl -x proxy.example:3128 https://a.example': ['a.example', 'proxy.example'],
  'curl --resolve a.example:443:10.1.1.1 https://a.example': ['a.example', '10.1.1.1'],
  'curl --connect-to ::b.example:443 https://a.example': ['a.example', 'b.example'],
  'curl https://[::1]:8080/': ['::1'],
  "curl 'https://{a,b}.example/'": ['a.example', 'b.example'],
  'curl file:///etc/passwd': [],
  'wget -q https://a.example/x -O- b.example': ['a.example', 'b.example'],
  'wget -i list': ['?'],
  'http :8080/x': ['localhost'],
  'http POST a.example/x name=value': ['a.example'],
};
for (const [line, expected] of Object.entries(HOSTS)) t.strictSame(hosts(line), expected, line);

t.strictSame(capabilities('curl https://kubernetes/version'), ['network-fetch', 'kubernetes']);
t.strictSame(capabilities('curl https://x.example/api/v1/nodes'), ['network-fetch'], 'it may be anything');
