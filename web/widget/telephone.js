// The telephone behind the button: a panel and, at times, one call.
import { absenceTime, Call, prepare, release } from "./call.js";
import { Panel } from "./panel.js";
import { clock } from "./shapes.js";
// Named here only so that all modules arrive in one round trip.
import "./sheet.js";
import "./socket.js";
import "./voice.js";

const windowFeatures = "popup,width=400,height=640";
/** How long the button says that a call ended, in milliseconds. */
const endedTime = 5000;
/** Where a page leaves its conversation to the next page of this tab; widget.js looks there. */
const shelf = "calldocker-call";

export class Telephone {
  isPage;
  #base;
  #options;
  #language;
  #texts;
  #label;
  #launcher;
  #tell;
  #panel;
  #call;
  #state = { name: "idle" };
  #ticking;
  #window;

  /**
   * @param base the gateway's address, with a slash at its end
   * @param options the script tag's data attributes
   * @param root the shadow root to live in
   * @param launcher the button that opens it; missing on a page of its own
   * @param tell called with each event's name and detail
   */
  constructor({ base, options, language, texts, label, root, launcher, tell }) {
    this.isPage = !launcher;
    [this.#base, this.#options, this.#language, this.#texts, this.#label] = [base, options, language, texts, label];
    [this.#launcher, this.#tell] = [launcher, tell];
    this.#panel = new Panel({
      root, texts, label, isPage: this.isPage,
      actions: {
        start: () => this.call(),
        hangUp: () => this.hangUp(),
        mute: (isMuted) => { if (this.#call) this.#call.isMuted = isMuted; },
        digit: (digit) => this.#call?.sendDigit(digit),
        close: () => this.close(),
        popOut: () => this.popOut(),
      },
    });
  }

  /** Whether there is a call that has not ended. */
  get isLive() {
    return !["idle", "ended"].includes(this.#state.name);
  }

  get title() {
    return this.#panel.title;
  }

  open() {
    if (this.isPage || this.#panel.isOpen) return;
    this.#panel.open();
    this.#launcher.hidden = true;
    this.#tell("open");
  }

  /** Hides the panel; a live call goes on behind the button. */
  close() {
    if (this.isPage || !this.#panel.isOpen) return;
    this.#panel.close();
    this.#launcher.hidden = false;
    this.#launcher.focus({ preventScroll: true });
    this.#tell("close");
    if (!this.isLive) this.#show({ name: "idle" });
    this.#relabel();
  }

  /** Calls, unless a call is live already. */
  call({ extension, name, email } = {}, prepared = prepare()) {
    this.open();
    if (this.isLive) return release(prepared);
    const { uuid, ...said } = this.#options;
    const request = {
      uuid, extension: extension ?? said.extension, name: name ?? said.name, email: email ?? said.email, page: said.page ?? location.href.split("#")[0],
    };
    this.#begin(request, prepared);
  }

  /** Takes up the conversation that this tab's last page left, if that was a moment ago. */
  takeUp() {
    let left;
    try {
      left = JSON.parse(sessionStorage.getItem(shelf));
      // A copy of this tab finds nothing.
      sessionStorage.removeItem(shelf);
    } catch {
      return;
    }
    const { uuid } = this.#options;
    if (left?.uuid !== uuid || Date.now() - left.leftAt > absenceTime || this.isLive) return;
    if (left.isOpen) this.open();
    this.#begin({ uuid }, prepare(), left);
  }

  #begin(request, prepared, left) {
    this.#call = new Call(this.#base, request, (state) => this.#show(state));
    window.addEventListener("pagehide", this.#leave);
    this.#call.begin(prepared, left);
  }

  /** The page goes: a conversation waits for the tab's next page, anything else is over. To close a window of our own is to hang up. */
  #leave = () => {
    const ticket = this.isPage ? undefined : this.#call.ticket;
    try {
      if (ticket) return sessionStorage.setItem(shelf, JSON.stringify({ ...ticket, uuid: this.#options.uuid, isOpen: this.#panel.isOpen }));
    } catch {
      // Without a place to leave it, the conversation ends.
    }
    this.hangUp();
  };

  hangUp() {
    this.#call?.hangUp();
  }

  /** Shows that nobody is there, as was found out without a call. */
  nobodyThere() {
    this.open();
    this.#show({ name: "ended", reason: "no-agents", message: "Nobody is available to take your call right now." });
  }

  /** Moves to a window of its own, in which a call outlives this page. What is known of the visitor goes behind the #, to no server. */
  popOut() {
    if (!this.#window || this.#window.closed) {
      const { uuid, ...said } = this.#options;
      const style = this.#launcher.getRootNode().host.style;
      const details = new URLSearchParams({
        ...said, label: this.#label, lang: this.#language, page: location.href.split("#")[0],
        accent: style.getPropertyValue("--accent"), onAccent: style.getPropertyValue("--on-accent"),
      });
      this.#window = window.open(`${this.#base}call?uuid=${encodeURIComponent(uuid)}#${details}`, "calldocker", windowFeatures);
    }
    if (!this.#window) return;
    this.#window.focus();
    this.close();
  }

  // MARK: States

  #show(state) {
    const isNew = state.name !== this.#state.name;
    this.#state = state;
    this.#panel.show(state);
    if (isNew) {
      const { name, agent, position, reason, message, seconds } = state;
      this.#tell("state", { state: name, agent, position, reason, message, seconds });
    }
    clearInterval(this.#ticking);
    if (state.startedAt) this.#ticking = setInterval(() => this.#tick(), 100);
    window.removeEventListener("beforeunload", this.#warn);
    if (state.name === "talking" && this.isPage) window.addEventListener("beforeunload", this.#warn);
    if (!this.isLive) window.removeEventListener("pagehide", this.#leave);
    this.#relabel();
    if (state.name === "ended" && !this.isPage && !this.#panel.isOpen) setTimeout(() => this.#forget(state), endedTime);
  }

  /** An end that nobody looked at is over when the button has said so for a while. */
  #forget(state) {
    if (this.#state === state && !this.#panel.isOpen) this.#show({ name: "idle" });
  }

  /** The words on the button: what it does, or how the call behind it is. */
  #relabel() {
    if (this.isPage) return;
    const { name, startedAt } = this.#state;
    const words = startedAt ? clock(Math.floor((Date.now() - startedAt) / 1000)) : name === "idle" || this.#panel.isOpen ? this.#label : this.#panel.title;
    if (this.#launcher.textContent !== words) this.#launcher.textContent = words;
    if (this.isLive) this.#launcher.setAttribute("aria-label", this.#texts.showCall);
    else this.#launcher.removeAttribute("aria-label");
  }

  /** The browser asks before a window of our own that is closed ends a conversation. */
  #warn = (event) => event.preventDefault();

  #tick() {
    this.#panel.tick(this.#panel.isOpen ? this.#call.level : 0);
    this.#relabel();
  }
}
