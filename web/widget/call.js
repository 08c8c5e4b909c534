// One call of a visitor, from the tap to its end: what the gateway says of it, and its sound. It draws nothing.
import { Socket } from "./socket.js";
import { Refusal, Voice, restartTime, stop } from "./voice.js";

/** How long the gateway may take to route a call. */
const routeTime = 10_000;
/** How long the gateway keeps the call of a visitor whose connection broke, or who went to another page. */
export const absenceTime = 60_000;

/**
 * What must happen inside the tap: Safari lets sound begin only there, before anything is awaited.
 * The first tap on a page is prepared by widget.js in the same way, before this module is there.
 */
export function prepare() {
  const audio = document.createElement("audio");
  const microphone = navigator.mediaDevices?.getUserMedia({ audio: true });
  const context = new AudioContext();
  audio.srcObject = new MediaStream();
  audio.play().catch(() => {});
  microphone?.catch(() => {});
  return { audio, microphone, context };
}

/** Lets go what was prepared for a call that is not to be. */
export function release({ microphone, context }) {
  microphone?.then(stop, () => {});
  context.close();
}

export class Call {
  /** `name` is microphone, connecting, ringing, menu, queued, talking, held or ended; a `notice` is poor, blocked, silent, lost, unheard or quiet. */
  state = { name: "microphone" };
  #isOver = false;
  #report;
  #base;
  #socket;
  #request;
  #id;
  #resumeToken;
  #isResuming = false;
  #voice;
  /** The notice that the gateway asked for: it measures both directions of the sound. */
  #trouble;

  /**
   * @param base the gateway's address, with a slash at its end
   * @param request what `call-request` says besides the offer
   * @param report called whenever the state changed
   */
  constructor(base, request, report) {
    this.#base = base;
    this.#request = request;
    this.#report = report;
  }

  /**
   * Calls, or takes up the call that another page left; never throws, the state says how it went.
   *
   * @param left what that page's call said of itself as `ticket`
   */
  async begin({ audio, microphone, context }, left) {
    this.#voice = new Voice({ audio, context });
    this.#voice.onNotice = () => this.#showNotice();
    this.#voice.onRestart = () => this.#restart();
    this.#voice.onFailure = (reason) => this.#giveUp(reason);
    if (left) this.#voice.notice = "poor";
    this.#change(left ? { name: "talking", agent: left.agent, startedAt: left.startedAt, notice: "poor" } : {});
    try {
      if (!window.isSecureContext) throw new Refusal("insecure");
      if (!microphone || !window.RTCPeerConnection) throw new Refusal("unsupported");
      // The visitor thinks about the microphone while we connect.
      const connected = this.#connect();
      connected.catch(() => {});
      await this.#voice.take(microphone);
      if (this.#isOver) return;
      if (!left) this.#change({ name: "connecting" });
      const sdp = await this.#voice.offer();
      await connected;
      const answer = await (left ? this.#takeUp(left, sdp) : this.#socket.request("call-request", { ...this.#request, sdp }, routeTime));
      if (!answer.success) throw new Refusal(answer.reason, answer.message);
      this.#id = answer.callId;
      this.#resumeToken = answer.resumeToken;
      await this.#voice.accept(answer);
      if (left) this.#hear(answer);
    } catch (error) {
      if (!error.reason && !this.#isOver) console.error("Calldocker:", error);
      this.#end(error.reason ?? "failed", error.sentence);
    }
  }

  /** With what another page takes up this call; `undefined` while there is no conversation that could go on. */
  get ticket() {
    const { name, agent, startedAt } = this.state;
    if (!["talking", "held"].includes(name) || !this.#resumeToken) return undefined;
    return { callId: this.#id, resumeToken: this.#resumeToken, agent, startedAt, leftAt: Date.now() };
  }

  /** A call that is over by now ended while its page was away. */
  async #takeUp({ callId, resumeToken }, sdp) {
    const answer = await this.#socket.request("call-resume", { uuid: this.#request.uuid, callId, resumeToken, sdp }, routeTime);
    return answer.reason === "unknown-call" ? { ...answer, reason: "connection-lost", message: undefined } : answer;
  }

  hangUp() {
    if (this.#id) this.#socket?.send("call-hangup", { callId: this.#id });
    this.#end("visitor-hung-up");
  }

  set isMuted(isMuted) {
    if (this.#trouble === "silent") this.#trouble = undefined;
    this.#change({ isMuted });
    this.#voice.isMuted = isMuted;
    this.#showNotice();
  }

  /** Sends a digit; through the gateway where the browser cannot. */
  sendDigit(digit) {
    if (!this.#voice.sendDigit(digit)) this.#socket.send("call-dtmf", { callId: this.#id, digits: digit });
  }

  /** How loud the visitor is, from 0 to 1. */
  get level() {
    return this.#voice.level;
  }

  // MARK: States

  #change(changes) {
    if (this.#isOver) return;
    this.state = { ...this.state, ...changes };
    this.#report(this.state);
  }

  #hear({ callId, state, ...details }) {
    if (this.#id && callId !== this.#id) return;
    switch (state) {
      case "trying":
        return;
      case "ringing": case "menu": case "queued": case "held":
        this.#note({});
        return this.#change({ name: state, position: details.position });
      case "talking":
        this.#change({ name: state, agent: details.agent, startedAt: this.state.startedAt ?? Date.now() });
        return this.#note(details);
      case "ended":
        return this.#end(details.reason, details.message);
    }
  }

  /** Shows one-way audio, or takes it back. */
  #note({ trouble, advice }) {
    const isSilent = trouble && trouble !== "hears-nothing" && !advice;
    // Who switched the microphone off here knows that it is silent.
    this.#trouble = isSilent ? (this.state.isMuted ? undefined : "silent") : trouble && (advice ? "unheard" : "quiet");
    this.#showNotice();
    if (advice === "restart-ice" && this.#voice?.isConnected) this.#voice.restart();
  }

  /** What we see ourselves of microphone and connection goes before what the gateway measures. */
  #showNotice() {
    const notice = this.#isResuming ? "poor" : this.#voice?.notice ?? this.#trouble;
    if (notice !== this.state.notice) this.#change({ notice });
  }

  #end(reason, message) {
    if (this.#isOver) return;
    const { startedAt, agent } = this.state;
    const seconds = startedAt ? Math.round((Date.now() - startedAt) / 1000) : undefined;
    this.state = { name: "ended", reason, message, agent, seconds };
    this.#isOver = true;
    this.#socket?.close();
    this.#voice?.close();
    this.#report(this.state);
  }

  // MARK: The connection

  #connect() {
    this.#socket = new Socket(this.#base);
    this.#socket.onEvent = (name, body) => name === "call-state" && this.#hear(body);
    this.#socket.onLoss = () => this.#resume();
    return this.#socket.open();
  }

  /** The gateway keeps a call for a minute whose visitor it lost: the next connection takes it up, with a new path for the sound. */
  async #resume() {
    if (this.#isResuming) return;
    if (!this.#resumeToken) return this.#end("connection-lost");
    this.#isResuming = true;
    this.#showNotice();
    const deadline = Date.now() + absenceTime;
    while (!this.#isOver && Date.now() < deadline) {
      try {
        await this.#connect();
        const request = { uuid: this.#request.uuid, callId: this.#id, resumeToken: this.#resumeToken };
        const answer = await this.#offer("call-resume", request);
        if (!answer.success) break;
        this.#resumeToken = answer.resumeToken;
        this.#isResuming = false;
        this.#hear(answer);
        return this.#showNotice();
      } catch {
        // The next attempt follows at once: connecting has its own pauses.
      }
    }
    this.#end("connection-lost");
  }

  /** Whether a new path was agreed on; a new connection to the gateway brings one with it. */
  async #restart() {
    if (this.#isResuming) return false;
    return (await this.#offer("call-offer", { callId: this.#id })).success;
  }

  #offer(event, request) {
    return this.#voice.renegotiate((sdp) => this.#socket.request(event, { ...request, sdp }, restartTime));
  }

  #giveUp(reason) {
    this.#socket.send("call-hangup", { callId: this.#id });
    this.#end(reason);
  }
}
