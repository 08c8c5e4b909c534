// One call that is answered in this browser, from the answer to its end. It draws nothing.
import { Voice, Refusal, restartTime } from "../widget/voice.js";
import { Kept, microphoneConstraints, preferences } from "./kept.js";

/** How long the server keeps a call whose agent it lost, in milliseconds. */
const absenceTime = 60_000;

export class Talk {
  /** What a reload of this window needs to come back into its call. */
  static kept = new Kept("call");

  /** `name` is answering, talking or ended, beside what is known of the call. */
  state;
  #uuid;
  #line;
  #report;
  #voice;
  #resumeToken;
  #absence;

  /**
   * @param call who calls and from where: callId, from, page
   * @param line the line to the server
   * @param report called whenever the state changed
   */
  constructor({ uuid, call, line, report }) {
    this.#uuid = uuid;
    this.#line = line;
    this.#report = report;
    const { resumeToken, ...known } = call;
    this.#resumeToken = resumeToken;
    this.state = { ...known, name: "answering" };
    window.addEventListener("online", this.#networkChanged);
    navigator.connection?.addEventListener?.("change", this.#networkChanged);
  }

  get isOver() {
    return this.state.name === "ended";
  }

  get level() {
    return this.#voice?.level ?? 0;
  }

  /** Answers; throws a `Refusal` of the microphone, with which the call goes on ringing. Any other failure is the call's end. */
  async accept() {
    const sdp = await this.#begin();
    if (this.isOver) return;
    try {
      const answer = await this.#line.request("call-accept", { callId: this.state.callId, sdp });
      if (!answer.success) return this.#end(answer.reason === "unknown-call" ? "gone" : "failed", answer.message);
      await this.#voice.accept(answer);
      this.#keep(answer.resumeToken);
      this.#change({ name: "talking", startedAt: Date.now() });
    } catch (error) {
      if (!error.reason) console.error("Calldocker:", error);
      this.#end("failed", error.sentence);
    }
  }

  /** Comes back into the call over a new line, after the old one was lost or the page was loaded anew. */
  async resume(request) {
    if (this.isOver) return;
    const ask = (sdp) => request("call-resume", { uuid: this.#uuid, callId: this.state.callId, resumeToken: this.#resumeToken, sdp });
    try {
      const answer = this.#voice ? await this.#voice.renegotiate(ask) : await ask(await this.#begin());
      if (!answer.success) return this.#end("connection-lost", answer.message);
      if (this.#voice && this.state.name === "answering") await this.#voice.accept(answer);
      this.#keep(answer.resumeToken);
      this.#back(answer);
      this.hear({ ...answer, state: answer.state ?? "talking" });
    } catch (error) {
      if (error.reason === "unreachable") throw error;
      // Without a microphone there is nothing to come back with, and the visitor need not wait.
      await this.leave(request);
      this.#end("failed", error.sentence);
    }
  }

  /** Says goodbye to a call whose line was lost while it was hung up here. */
  async leave(request) {
    if (!this.#resumeToken) return;
    const { callId } = this.state;
    const answer = await request("call-resume", { uuid: this.#uuid, callId, resumeToken: this.#resumeToken });
    if (answer.success) await request("call-hangup", { callId });
  }

  lineLost() {
    if (this.isOver || this.state.isLineLost) return;
    if (!this.#resumeToken) return this.#end("connection-lost");
    this.#change({ isLineLost: true });
    this.#absence = setTimeout(() => this.#end("connection-lost"), absenceTime);
  }

  #back({ from, page, duration }) {
    clearTimeout(this.#absence);
    const { startedAt = Date.now() - (duration ?? 0) * 1000 } = this.state;
    this.#change({ from: this.state.from ?? from, page: this.state.page ?? page, name: "talking", isLineLost: false, startedAt });
  }

  /** What the server says of this call. */
  hear({ state, reason, message, duration, trouble, advice }) {
    switch (state) {
      case "reconnecting":
        return this.#change({ isReconnecting: true });
      case "talking":
        this.#change({ isReconnecting: false, trouble, advice });
        if (advice === "restart-ice" && this.#voice?.isConnected) this.#voice.restart();
        return;
      case "ended":
        return this.#end(reason, message, duration);
    }
  }

  /** The visitor gave up, or somebody else answered, before our answer was there. */
  gone(reason) {
    this.#end(reason);
  }

  hangUp() {
    this.#line.send("call-hangup", { callId: this.state.callId });
    this.#end("agent-hung-up");
  }

  set isMuted(isMuted) {
    if (this.#voice) this.#voice.isMuted = isMuted;
    this.#change({ isMuted });
  }

  /** Other devices were chosen. */
  async changeDevices() {
    await this.#voice?.change(microphoneConstraints());
    await this.#voice?.playOn(preferences.speaker);
  }

  // MARK: Sound

  /** The microphone and the first offer; throws a `Refusal`. */
  async #begin() {
    if (!window.isSecureContext) throw new Refusal("insecure");
    if (!navigator.mediaDevices || !window.RTCPeerConnection) throw new Refusal("unsupported");
    const audio = document.createElement("audio");
    const constraints = microphoneConstraints();
    const voice = new Voice({ audio, context: new AudioContext(), constraints });
    voice.onNotice = (notice) => this.#change({ notice });
    voice.onRestart = () => this.#restart();
    voice.onFailure = (reason) => this.#giveUp(reason);
    this.#voice = voice;
    try {
      await voice.take(navigator.mediaDevices.getUserMedia(constraints));
    } catch (refusal) {
      voice.close();
      this.#voice = undefined;
      this.#forgetNetwork();
      throw refusal;
    }
    await voice.playOn(preferences.speaker);
    voice.isMuted = this.state.isMuted;
    return voice.offer();
  }

  async #restart() {
    // A new line brings a new path with it.
    if (!this.#line.isOpen) return false;
    const { callId } = this.state;
    try {
      return (await this.#voice.renegotiate((sdp) => this.#line.request("call-offer", { callId, sdp }))).success;
    } catch (error) {
      this.#line.doubt();
      throw error;
    }
  }

  /** From one network to another: the old path may be silent for long before the browser calls it failed. */
  #networkChanged = () => {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.state.name === "talking" && navigator.onLine && this.#voice?.restart(), restartTime / 12);
  };
  #settling;

  #forgetNetwork() {
    clearTimeout(this.#settling);
    window.removeEventListener("online", this.#networkChanged);
    navigator.connection?.removeEventListener?.("change", this.#networkChanged);
  }

  #giveUp(reason) {
    this.#line.send("call-hangup", { callId: this.state.callId });
    this.#end(reason);
  }

  // MARK: States

  #keep(resumeToken) {
    this.#resumeToken = resumeToken;
    this.#remember();
  }

  #remember() {
    if (!this.#resumeToken) return;
    const { callId, from, page, startedAt, isMuted } = this.state;
    Talk.kept.keep({ uuid: this.#uuid, callId, from, page, startedAt, isMuted, resumeToken: this.#resumeToken });
  }

  #change(changes) {
    if (this.isOver) return;
    this.state = { ...this.state, ...changes };
    if (this.state.name === "talking") this.#remember();
    this.#report(this.state);
  }

  #end(reason, message, duration) {
    if (this.isOver) return;
    const { startedAt, ...known } = this.state;
    const seconds = startedAt ? Math.round((Date.now() - startedAt) / 1000) : duration || undefined;
    this.state = { ...known, name: "ended", reason, message, seconds, endedAt: Date.now() };
    clearTimeout(this.#absence);
    this.#forgetNetwork();
    Talk.kept.forget();
    this.#voice?.close();
    this.#report(this.state);
  }
}
