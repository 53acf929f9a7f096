import type { Command } from 'commander';
import { ChaperoneError } from '../../recorder/errors.ts';
import type { SignIn, WhoAmI } from '../../recorder/server/api.ts';
import { dataDirectory } from './data.ts';
import { visible } from './format.ts';

/** `chaperone login`: sign in at the recorder's provider, in a browser on any machine, and keep the login. */
export function login(root: Command): void {
  root
    .command('login')
    .description("sign in at a recorder's identity provider, so that you can see and decide from here")
    .option('--url <url>', 'the recorder (default: $CHAPERONE_URL, or the one that runs here)')
    .action(run);
}

async function run({ url }: { url?: string }): Promise<void> {
  const [{ tellSignIn, whoAmI }, { signIn }, { changeKeptLogins, keptLoginsPath }] = await Promise.all([
    import('../../recorder/client/sign-in.ts'),
    import('../../recorder/client/device.ts'),
    import('../../recorder/client/kept-logins.ts'),
  ]);
  const recorder = await recorderUrl(url);
  const client: SignIn = await tellSignIn(recorder);
  const kept = await signIn(client, ({ url: at, code, whole }) => {
    const direct = whole === null ? '' : `\n(or open ${visible(whole)})\n`;
    process.stderr.write(
      `To sign in at ${visible(client.name)}, open\n\n  ${visible(at)}\n\nand enter the code\n\n  ${visible(code)}\n${direct}\n`,
    );
  });
  // Kept only once the recorder takes it: a login that opens nothing would be in the way of everything.
  const who: WhoAmI = await whoAmI({ url: recorder, token: kept.idToken });
  await changeKeptLogins(keptLoginsPath(process.env), async (all) => ({
    kept: { ...all, current: recorder, logins: { ...all.logins, [recorder]: kept } },
    result: undefined,
  }));
  const ends =
    kept.refreshToken === null
      ? '; it ends within the hour, since the provider gives nothing to renew it'
      : '';
  process.stdout.write(`logged in to ${recorder} as ${visible(who.user)} (${who.roles.join(', ')})${ends}\n`);
}

/** @throws ChaperoneError `USAGE`, `NOT_FOUND` */
export async function recorderUrl(asked: string | undefined): Promise<string> {
  const [{ originOf }, { isLoopback }, { lastOwner }] = await Promise.all([
    import('../../recorder/client/discover.ts'),
    import('../../recorder/server/oidc/outbound.ts'),
    import('../../recorder/store/owner.ts'),
  ]);
  const named = asked ?? process.env.CHAPERONE_URL ?? '';
  const text = named === '' ? (await lastOwner(dataDirectory(process.env.CHAPERONE_DATA)))?.url : named;
  if (text === undefined)
    throw new ChaperoneError('NOT_FOUND', 'no recorder runs here: say where it is with --url https://…');
  const url = originOf(text);
  if (url !== null && (url.startsWith('https:') || isLoopback(new URL(url)))) return url;
  throw new ChaperoneError(
    'USAGE',
    'the recorder is at an address such as https://chaperone.example.com; http:// is for this machine',
  );
}
