/** A recorder in a process of its own: prints what it needs to be found, serves until it is killed. */
import { AuditLog } from '../../../recorder/log/audit-log.ts';
import { startServer } from '../../../recorder/server/server.ts';
import { systemClock } from '../../../sidecar/clock.ts';

const [data = '', port = '0'] = process.argv.slice(2);
const log = await AuditLog.open({ data });
const server = await startServer({ log, data, port: Number(port), assets: null, clock: systemClock });
process.stdout.write(`${server.url}\n`);
process.once('SIGTERM', async () => {
  await server.close();
  await log.close();
});
