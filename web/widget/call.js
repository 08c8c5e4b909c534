// One call, from the tap to its end: the microphone, the connection to the gateway, the sound. It draws nothing.
import { Socket } from "./socket.js";

/** How long the gateway may take to route a call. */
const routeTime = 10_000;
/** How long a connection may falter before a new path is looked for, and how often that is tried. */
const falterTime = 3000, restartTime = 6000, maximumRestarts = 4;
/** How long the gateway keeps the call of a visitor whose connection broke, or who went to another page. */
export const absenceTime = 60_000;
/** A microphone from which nothing at all came for so long is switched off somewhere. */
const silenceTime = 5000;

/** Why a call could not be, or is over: a word of the contract or of ours, and where the gateway gave one its sentence. */
class Refusal extends Error {
  constructor(reason, sentence) {
    super(sentence ?? reason);
    this.reason = reason;
    this.sentence = sentence;
  }
}

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

const stop = (stream) => stream.getTracks().forEach((track) => track.stop());

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
  #audio;
  #context;
  #microphone;
  #peer;
  #wasConnected = false;
  #restarts = 0;
  #restartTimer;
  /** The notice that the gateway asked for: it measures both directions of the sound. */
  #trouble;
  #meter;
  #meterTimer;
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
    this.#audio = audio;
    this.#context = context;
    this.#change(left ? { name: "talking", agent: left.agent, startedAt: left.startedAt, notice: "poor" } : {});
    try {
      if (!window.isSecureContext) throw new Refusal("insecure");
      if (!microphone || !window.RTCPeerConnection) throw new Refusal("unsupported");
      // The visitor thinks about the microphone while we connect.
      const connected = this.#connect();
      connected.catch(() => {});
      await this.#take(microphone);
      if (this.#isOver) return;
      if (!left) this.#change({ name: "connecting" });
      const sdp = await this.#offer();
      await connected;
      const answer = await (left ? this.#takeUp(left, sdp) : this.#socket.request("call-request", { ...this.#request, sdp }, routeTime));
      if (!answer.success) throw new Refusal(answer.reason, answer.message);
      this.#id = answer.callId;
      this.#resumeToken = answer.resumeToken;
      if (answer.iceServers) this.#peer.setConfiguration({ iceServers: answer.iceServers });
      await this.#peer.setRemoteDescription({ type: "answer", sdp: answer.sdp });
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
    for (const track of this.#microphone?.getTracks() ?? []) track.enabled = !isMuted;
    this.#change({ isMuted, notice: this.state.notice === "silent" ? undefined : this.state.notice });
  }

  /** Sends a digit as a telephone-event (RFC 4733), after those that still sound; through the gateway where the browser cannot. */
  sendDigit(digit) {
    const dtmf = this.#peer?.getSenders()[0]?.dtmf;
    if (dtmf?.canInsertDTMF) dtmf.insertDTMF(dtmf.toneBuffer + digit, 120, 80);
    else this.#socket.send("call-dtmf", { callId: this.#id, digits: digit });
  }

  /** How loud the visitor is, from 0 to 1. */
  get level() {
    if (!this.#meter || this.state.isMuted) return 0;
    return Math.min(1, Math.sqrt(this.#peak()) * 1.2);
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

  /** Shows one-way audio, or takes it back; what we see ourselves of microphone and connection goes first. */
  #note({ trouble, advice }) {
    const former = this.#trouble;
    this.#trouble = trouble === "hears-nothing" ? "quiet" : trouble && (advice ? "unheard" : "silent");
    const isOurs = [undefined, former].includes(this.state.notice);
    // Who switched the microphone off here knows that it is silent.
    const isKnown = this.#trouble === "silent" && this.state.isMuted;
    if (isOurs && this.#trouble !== this.state.notice && !isKnown) this.#change({ notice: this.#trouble });
    if (advice === "restart-ice" && this.#peer?.connectionState === "connected") this.#restart();
  }

  #end(reason, message) {
    if (this.#isOver) return;
    const { startedAt, agent } = this.state;
    const seconds = startedAt ? Math.round((Date.now() - startedAt) / 1000) : undefined;
    this.state = { name: "ended", reason, message, agent, seconds };
    this.#isOver = true;
    clearTimeout(this.#restartTimer);
    clearInterval(this.#meterTimer);
    this.#socket?.close();
    this.#peer?.close();
    if (this.#microphone) stop(this.#microphone);
    if (this.#audio) this.#audio.srcObject = null;
    this.#context?.close();
    this.#report(this.state);
  }

  // MARK: The microphone

  async #take(promise) {
    let stream;
    try {
      stream = await promise;
    } catch (error) {
      throw new Refusal(Call.#obstacle(error));
    }
    if (this.#isOver) return stop(stream);
    this.#microphone = stream;
    this.#watchMicrophone();
    const source = this.#context?.createMediaStreamSource(stream);
    this.#meter = this.#context?.createAnalyser();
    source?.connect(this.#meter);
  }

  static #obstacle({ name }) {
    const policy = document.permissionsPolicy ?? document.featurePolicy;
    if (policy?.allowsFeature("microphone") === false) return "microphone-forbidden";
    if (name === "NotAllowedError" || name === "SecurityError") return "microphone-refused";
    return name === "NotReadableError" || name === "AbortError" ? "microphone-busy" : "microphone-missing";
  }

  #watchMicrophone() {
    const [track] = this.#microphone.getTracks();
    track.onended = () => this.#replaceMicrophone();
    track.onmute = () => this.#change({ notice: "silent" });
    track.onunmute = () => this.#change({ notice: undefined });
  }

  /** A headset was unplugged: another microphone takes over, if there is one. */
  async #replaceMicrophone() {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      if (this.#isOver) return stop(stream);
      this.#microphone = stream;
      this.#watchMicrophone();
      this.isMuted = this.state.isMuted;
      await this.#peer?.getSenders()[0].replaceTrack(stream.getTracks()[0]);
    } catch {
      this.#change({ notice: "lost" });
    }
  }

  #peak() {
    const samples = new Float32Array(this.#meter.fftSize);
    this.#meter.getFloatTimeDomainData(samples);
    return samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0);
  }

  /** Looks whether the microphone gives anything at all; even a silent room gives a little, a switched-off one exact zeros. */
  #listenForSilence() {
    const begun = Date.now();
    this.#meterTimer = setInterval(() => {
      if (this.#context?.state !== "running" || this.state.isMuted) return;
      const isSilent = this.#peak() === 0;
      if (isSilent && Date.now() - begun < silenceTime) return;
      clearInterval(this.#meterTimer);
      if (isSilent) this.#change({ notice: "silent" });
    }, 250);
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
    this.#change({ notice: "poor" });
    const deadline = Date.now() + absenceTime;
    while (!this.#isOver && Date.now() < deadline) {
      try {
        await this.#connect();
        const request = { uuid: this.#request.uuid, callId: this.#id, resumeToken: this.#resumeToken };
        const answer = await this.#renegotiate("call-resume", request);
        if (!answer.success) break;
        this.#resumeToken = answer.resumeToken;
        this.#isResuming = false;
        this.#hear(answer);
        return this.#change({ notice: this.#trouble });
      } catch {
        // The next attempt follows at once: connecting has its own pauses.
      }
    }
    this.#end("connection-lost");
  }

  /** The offer goes out at once: the gateway is ICE-lite and needs no candidates of ours. */
  async #offer() {
    const peer = new RTCPeerConnection();
    this.#peer = peer;
    for (const track of this.#microphone.getTracks()) peer.addTrack(track, this.#microphone);
    peer.ontrack = ({ track }) => this.#play(track);
    peer.onconnectionstatechange = () => this.#watchConnection();
    await peer.setLocalDescription();
    return peer.localDescription.sdp;
  }

  #play(track) {
    this.#audio.srcObject = new MediaStream([track]);
    this.#audio.play().catch((error) => {
      if (this.#isOver) return;
      console.warn("Calldocker: the browser holds the sound back until the next tap:", error.message);
      window.addEventListener("pointerdown", () => this.#audio.play().catch(() => {}), { once: true });
    });
  }

  #watchConnection() {
    const { connectionState } = this.#peer;
    // While a new path is tried, the restart has its own timer.
    if (connectionState === "connecting" && this.#wasConnected) return;
    clearTimeout(this.#restartTimer);
    switch (connectionState) {
      case "connecting":
        this.#restartTimer = setTimeout(() => this.#change({ notice: "blocked" }), restartTime);
        return;
      case "connected":
        if (!this.#wasConnected) this.#listenForSilence();
        this.#wasConnected = true;
        this.#restarts = 0;
        if (["poor", "blocked"].includes(this.state.notice)) this.#change({ notice: this.#trouble });
        return;
      case "disconnected":
        this.#change({ notice: "poor" });
        this.#restartTimer = setTimeout(() => this.#restart(), falterTime);
        return;
      case "failed":
        this.#restart();
    }
  }

  /** Looks for a new path: the visitor went from one network to another, or has a better one by now (RFC 8445 §9). */
  async #restart() {
    if (this.#isOver) return;
    const mayHelp = this.#wasConnected || this.#peer.getConfiguration().iceServers?.length;
    if (!mayHelp) return this.#giveUp("blocked");
    if (this.#restarts++ === maximumRestarts) return this.#giveUp("connection-lost");
    this.#change({ notice: "poor" });
    clearTimeout(this.#restartTimer);
    this.#restartTimer = setTimeout(() => this.#restart(), restartTime);
    // A new connection to the gateway brings a new path with it.
    if (this.#isResuming) return;
    try {
      await this.#renegotiate("call-offer", { callId: this.#id });
      // A path that had only faltered may be well again, and says so no second time.
      if (this.#peer.connectionState === "connected") this.#watchConnection();
    } catch {
      // The timer tries again; a connection that is gone for good ends the call by itself.
    }
  }

  /** Offers new credentials (RFC 8445 §9) with an event, and takes the answer. */
  async #renegotiate(event, request) {
    const peer = this.#peer;
    peer.restartIce();
    await peer.setLocalDescription();
    const answer = await this.#socket.request(event, { ...request, sdp: peer.localDescription.sdp }, restartTime);
    if (answer.success) await peer.setRemoteDescription({ type: "answer", sdp: answer.sdp });
    return answer;
  }

  #giveUp(reason) {
    this.#socket.send("call-hangup", { callId: this.#id });
    this.#end(reason);
  }
}
