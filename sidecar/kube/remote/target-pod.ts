/**
 * The pod that a remote command is for. Its name may be another pod's by the time that a human has decided: what they
 * approve of is for one pod, by its UID. The API server takes no precondition on an exec, so it is looked at once more
 * just before the connection is opened.
 */
import type { CommandAction, KubeAction, RemotePlace } from '../../action.ts';
import { podOf, unknownEffect } from '../../request/effect/effect.ts';
import { stateOf } from '../../request/trial/preconditions.ts';
import type { Heard, Questioned } from '../../request/trial/trial.ts';

export class TargetPod {
  readonly #action: KubeAction;
  readonly #server: Questioned;
  /** Which one a human was asked about, for the request and for its command; null where none was, or it could not be told. */
  #asked: { request: string | null; command: string | null } = { request: null, command: null };
  #missing: Heard | null = null;

  constructor(action: KubeAction, server: Questioned) {
    this.#action = action;
    this.#server = server;
  }

  /** What the API server said when it was looked at last, where there was no such pod: so it would answer an exec. */
  get missing(): Heard | null {
    return this.#missing;
  }

  /** The request with the pod that it is for, as things are now: for a human. */
  async foresee(): Promise<KubeAction> {
    const { status, uid } = await this.#look();
    this.#asked.request = uid;
    const why = `which pod this is could not be read (${status})`;
    const effect = uid === null ? unknownEffect(why) : podOf(uid);
    return { ...this.#action, effect, ...this.#moot() };
  }

  /** The same for a command in it. */
  async placed(command: CommandAction, place: RemotePlace): Promise<CommandAction> {
    const { uid } = await this.#look();
    this.#asked.command = uid;
    return { ...command, remote: { ...place, ...(uid !== null && { uid }) }, ...this.#moot() };
  }

  #moot(): { moot?: true } {
    return this.#missing === null ? {} : { moot: true };
  }

  /** False where it is another pod than somebody was asked about, or none any more. */
  async isStill(): Promise<boolean> {
    const asked = Object.values(this.#asked).filter((uid) => uid !== null);
    if (asked.length === 0) return true;
    const { uid } = await this.#look();
    return asked.every((one) => one === uid);
  }

  async #look(): Promise<{ status: number; uid: string | null }> {
    const { namespace, name } = this.#action.request;
    const uri = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}`;
    const { status, object, heard } = await this.#server.ask({ method: 'GET', uri, body: null });
    this.#missing = status === 404 ? heard : null;
    return { status, uid: status === 200 ? (stateOf(object)?.uid ?? null) : null };
  }
}
