// The windows of one desk: one of them rings, and all of them are online or away together.

export class Tabs {
  /** Whether this window is the one that rings. */
  isLeader = false;
  onLead;
  /** Called with what another window told. */
  onTold;
  #name;
  #channel;
  #end = new AbortController();
  #asked = false;

  /** @param desk what is the same in every window of this desk and in none of another */
  constructor(desk) {
    this.#name = `calldocker.desk.${desk}`;
    if (!window.BroadcastChannel) return;
    this.#channel = new BroadcastChannel(this.#name);
    this.#channel.onmessage = ({ data }) => this.onTold?.(data);
  }

  /** Wants to ring: who asked first does, until its window is closed. Only a window that may make a sound asks. */
  lead() {
    if (this.#asked) return;
    this.#asked = true;
    if (!navigator.locks) return this.#begin();
    const never = new Promise((resolve) => this.#end.signal.addEventListener("abort", resolve));
    navigator.locks.request(this.#name, { signal: this.#end.signal }, () => {
      this.#begin();
      return never;
    }).catch(() => {});
  }

  #begin() {
    this.isLeader = true;
    this.onLead?.();
  }

  /** Whether no window may ring aloud; then each of them shows what it can. */
  async isLeaderless() {
    const { held } = (await navigator.locks?.query()) ?? { held: [] };
    return !held.some(({ name }) => name === this.#name);
  }

  /** Marks a call as this window's while it lives, so that another one does not take it up when its line stumbles. */
  hold(call) {
    const end = new AbortController();
    navigator.locks?.request(`${this.#name}.${call}`, () => new Promise((resolve) => end.signal.addEventListener("abort", resolve))).catch(() => {});
    return () => end.abort();
  }

  async isHeld(call) {
    const { held } = (await navigator.locks?.query()) ?? { held: [] };
    return held.some(({ name }) => name === `${this.#name}.${call}`);
  }

  tell(message) {
    this.#channel?.postMessage(message);
  }

  close() {
    this.isLeader = false;
    this.#channel?.close();
    this.#end.abort();
  }
}
