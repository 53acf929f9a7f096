import { useState } from 'preact/hooks';
import { logOut } from '../api.ts';
import { offboardPath } from '../router.ts';
import { Icon } from './icon.tsx';
import { useWho } from './may.ts';
import { Plain } from './plain.tsx';

const PANEL = 'account-panel';

/** Who is signed in, and the way out. Nothing where that is not known: the page itself says then what is wrong. */
export function Account() {
  const who = useWho();
  const [failed, setFailed] = useState<string | null>(null);
  if (who === null) return null;
  const leave = () => {
    setFailed(null);
    logOut().then(
      (next) => location.assign(next),
      (error: Error) => setFailed(error.message),
    );
  };
  return (
    <>
      <button type="button" class="button quiet who" popovertarget={PANEL} title={`Signed in as ${who.user}`}>
        <Icon name="person" />
        <span class="sr">Signed in as </span>
        <span class="user">
          <Plain text={who.user} limit={256} />
        </span>
      </button>
      <div id={PANEL} class="account" popover="auto">
        <p>
          <b>
            <Plain text={who.user} limit={256} />
          </b>
        </p>
        <p class="dim">
          {who.roles.length === 0 ? 'no role here' : who.roles.join(', ')}
          {who.how === 'link' && ', by a login link'}
        </p>
        {who.may.includes('people.offboard') && (
          <a class="button offboard-here" href={offboardPath([])}>
            Offboard somebody
          </a>
        )}
        <button type="button" class="button" onClick={leave}>
          Sign out
        </button>
        {failed !== null && (
          <p class="problem" role="alert">
            <Plain text={failed} limit={300} />
          </p>
        )}
      </div>
    </>
  );
}
