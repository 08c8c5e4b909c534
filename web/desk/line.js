// The line to the server: one connection after another, for as long as somebody is logged in.
import { Socket } from "../widget/socket.js";

/** The pauses between attempts, each spread by a quarter so that not every desk comes back at once. */
const pauses = [1000, 2000, 4000, 8000, 15_000];
/** How long the server may take to answer. */
const answerTime = 8000;

export class Line {
  /** `name` is connecting, open, lost (with `retryAt`, 0 while it is being tried) or refused (with `reason` and `message`). */
  state = { name: "connecting" };
  /** Called with the name and the body of each event. */
  onEvent;
  onState;
  /** Says who we are on a new connection, by `request(name, body)`; answers what the server answered. */
  greet;
  #base;
  #socket;
  #attempt = 0;
  #timer;
  #isClosed = false;

  constructor(base) {
    this.#base = base;
    window.addEventListener("online", this.retry);
    document.addEventListener("visibilitychange", this.retry);
  }

  get isOpen() {
    return this.state.name === "open";
  }

  async open() {
    clearTimeout(this.#timer);
    const socket = new Socket(this.#base);
    const isCurrent = () => this.#socket === socket && !this.#isClosed;
    const request = (name, body) => socket.request(name, body, answerTime);
    this.#socket = socket;
    socket.onEvent = (name, body) => isCurrent() && this.onEvent?.(name, body);
    socket.onLoss = () => isCurrent() && this.#lose();
    try {
      await socket.open();
      const answer = await this.greet(request);
      if (!isCurrent()) return;
      if (!answer.success) return this.#refuse(answer);
      this.#attempt = 0;
      this.#show({ name: "open" });
    } catch (error) {
      if (!error.reason) console.error("Calldocker:", error);
      if (isCurrent()) this.#lose();
    }
  }

  /** Sends an event and waits for its answer; throws where the line is lost meanwhile. */
  request(name, body) {
    return this.#socket.request(name, body, answerTime);
  }

  send(name, body) {
    this.#socket?.send(name, body);
  }

  /** Tries at once: the network is back, or somebody looks at the page. */
  retry = () => {
    if (this.state.name === "lost" && this.state.retryAt && !document.hidden) this.#again();
  };

  /** Greets anew on a connection of its own, after what was refused was put right. */
  reopen() {
    this.#socket?.close();
    this.#attempt = 0;
    this.#show({ name: "connecting" });
    this.open();
  }

  close() {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    window.removeEventListener("online", this.retry);
    document.removeEventListener("visibilitychange", this.retry);
    this.#socket?.close();
  }

  /** The line is said to be open, yet brings no answer: another one is tried at once. */
  doubt() {
    if (!this.isOpen) return;
    this.#socket.abandon();
    this.#again();
  }

  #lose() {
    this.#socket.abandon();
    const pause = pauses[Math.min(this.#attempt++, pauses.length - 1)] * (0.75 + Math.random() / 2);
    this.#show({ name: "lost", retryAt: Date.now() + pause });
    this.#timer = setTimeout(() => this.#again(), pause);
  }

  #again() {
    this.#show({ name: "lost", retryAt: 0 });
    this.open();
  }

  #refuse({ reason, message }) {
    this.#socket.close();
    this.#show({ name: "refused", reason, message });
  }

  #show(state) {
    this.state = state;
    this.onState?.(state);
  }
}
