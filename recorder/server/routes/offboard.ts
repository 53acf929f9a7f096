/** When somebody leaves: a look at what they have, and its end. */
import { z } from 'zod';
import { SYSTEM } from '../../audit/units.ts';
import { ChaperoneError } from '../../errors.ts';
import { belongings, type OffboardOptions, offboard } from '../../offboard/offboard.ts';
import type { AccessRecord } from '../access.ts';
import { readJson } from '../body.ts';
import { sendJson } from '../reply.ts';
import type { Route } from '../router.ts';

/** One person has a few names at most: of the machine, of the provider. */
const users = z.array(z.string().min(1).max(256)).min(1).max(10);
const order = z.strictObject({ users });
const SMALL = 16 * 1024;
const path = '/api/offboard';

export function offboardRoutes({ access, ...options }: OffboardOptions & { access: AccessRecord }): Route[] {
  return [
    {
      method: 'GET',
      path,
      needs: 'people.offboard',
      async handle({ response, query, signal, login }) {
        const asked = users.safeParse(query.getAll('user'));
        if (!asked.success) throw new ChaperoneError('USAGE', 'say who: ?user=NAME, once to ten times');
        // Nothing reads more of the log than this does.
        await access.viewed(SYSTEM, 'search', login);
        sendJson(response, await belongings(options, asked.data, signal));
      },
    },
    {
      method: 'POST',
      path,
      needs: 'people.offboard',
      async handle({ request, response, login }) {
        const asked = await readJson(request, { schema: order, limit: SMALL });
        const { name, principal } = login;
        const by = { user: principal.user, groups: [...principal.groups], login: name };
        sendJson(response, await offboard(options, asked.users, by));
      },
    },
  ];
}
