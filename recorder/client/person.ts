/** The recorder as a person uses it, with the login that `chaperone login` keeps. */
import { ChaperoneError } from '../errors.ts';
import { unproven } from '../token/unproven.ts';
import { findRecorder, originOf } from './discover.ts';
import type { Recorder } from './http.ts';
import { changeKeptLogins, type KeptLogin, keptLoginsPath, readKeptLogins } from './kept-logins.ts';

type Environment = Record<string, string | undefined>;

/** Seconds: a token that ends sooner is renewed first. */
const MARGIN = 60;
/** Seconds: the recorder takes none that is older, whatever it says itself. */
const MAX_AGE = 3600;

/**
 * What is on this machine comes first, the recorder that was logged in to last comes last; null where there is neither.
 * @param elsewhere false where only the recorder of the directory is meant, or the one that the environment names
 * @throws ChaperoneError of `findRecorder`; `UNAUTHENTICATED` where a login is kept and has ended, `ISSUER_GONE`
 */
export async function findRecorderAsPerson(
  data: string,
  env: Environment,
  elsewhere = true,
): Promise<Recorder | null> {
  const named = env.CHAPERONE_URL ?? '';
  const kept = await readKeptLogins(keptLoginsPath(env));
  if (named !== '') {
    const url = originOf(named);
    const isKept = url !== null && kept.logins[url] !== undefined && env.CHAPERONE_TOKEN === undefined;
    return isKept ? keptRecorder(url, env) : findRecorder(data, env);
  }
  const here = await findRecorder(data, env);
  if (here !== null) return kept.logins[here.url] === undefined ? here : keptRecorder(here.url, env);
  return kept.current === null || !elsewhere ? null : keptRecorder(kept.current, env);
}

/** True where a login is kept that `findRecorderAsPerson` would come to last. */
export async function hasKeptLogin(env: Environment): Promise<boolean> {
  return (await readKeptLogins(keptLoginsPath(env))).current !== null;
}

/** That recorder with a token that is good now. */
async function keptRecorder(url: string, env: Environment): Promise<Recorder> {
  const path = keptLoginsPath(env);
  const { logins } = await readKeptLogins(path);
  const known = logins[url];
  if (known !== undefined && isFresh(known)) return { url, token: known.idToken };
  const { renewed } = await import('./device.ts');
  const token = await changeKeptLogins(path, async (kept) => {
    const former = kept.logins[url];
    if (former === undefined)
      throw new ChaperoneError(
        'UNAUTHENTICATED',
        `there is no login for ${url} any more: run chaperone login`,
      );
    // Another process may have renewed it while this one waited.
    const login = isFresh(former) ? former : await renewed(former);
    return { kept: { ...kept, logins: { ...kept.logins, [url]: login } }, result: login.idToken };
  });
  return { url, token };
}

/** By what the token says of itself; the recorder looks closer. */
function isFresh({ idToken }: KeptLogin): boolean {
  const { exp, iat } = unproven(idToken) ?? {};
  const enough = Date.now() / 1000 + MARGIN;
  return Number(exp) > enough && Number(iat) + MAX_AGE > enough;
}
