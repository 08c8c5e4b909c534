// The sound of one conversation: a microphone, a connection to the gateway that looks for a new path when the old one fails, a
// loudspeaker. The visitor's telephone and the agent's desk speak and listen through it; it knows nothing of either, nor of sockets.

/** How long a connection may falter before a new path is looked for, and how often that is tried. */
const falterTime = 3000, maximumRestarts = 4;
/** How long an attempt at a new path may take. */
export const restartTime = 6000;
/** A microphone from which nothing at all came for so long is switched off somewhere. */
const silenceTime = 5000;

/** Why a call could not be, or is over: a word of the contract or of ours, and where the gateway gave one its sentence. */
export class Refusal extends Error {
  constructor(reason, sentence) {
    super(sentence ?? reason);
    this.reason = reason;
    this.sentence = sentence;
  }
}

export const stop = (stream) => stream.getTracks().forEach((track) => track.stop());

/** What stands between us and the microphone, by the error that `getUserMedia` gave. */
export function obstacle({ name }) {
  const policy = document.permissionsPolicy ?? document.featurePolicy;
  if (policy?.allowsFeature("microphone") === false) return "microphone-forbidden";
  if (name === "NotAllowedError" || name === "SecurityError") return "microphone-refused";
  return name === "NotReadableError" || name === "AbortError" ? "microphone-busy" : "microphone-missing";
}

export class Voice {
  /** `poor`, `blocked`, `silent` or `lost`: what is wrong at present. */
  notice;
  /** Called with each notice, and without one when it no longer holds. */
  onNotice;
  /** Called to bring an offer to the gateway; throws where that failed, and is asked again. */
  onRestart;
  /** Called when there is no path any more, with `blocked` or `connection-lost`. */
  onFailure;
  #audio;
  #context;
  #constraints;
  #microphone;
  #isMuted = false;
  #peer;
  #isOver = false;
  #wasConnected = false;
  #restarts = 0;
  #restartTimer;
  #meter;
  #meterTimer;

  /**
   * @param audio an audio element that was told to play inside a tap, where the browser wants one
   * @param context the context that measures the microphone
   * @param constraints which microphone, as `getUserMedia` has it
   */
  constructor({ audio, context, constraints = { audio: true } }) {
    [this.#audio, this.#context, this.#constraints] = [audio, context, constraints];
  }

  /** Lets everything go: the microphone, the connection, the sound. */
  close() {
    this.#isOver = true;
    clearTimeout(this.#restartTimer);
    clearInterval(this.#meterTimer);
    this.#peer?.close();
    if (this.#microphone) stop(this.#microphone);
    this.#audio.srcObject = null;
    this.#context?.close();
  }

  // MARK: The microphone

  /** Takes the microphone that was asked for; throws a `Refusal`. */
  async take(promise) {
    let stream;
    try {
      stream = await promise;
    } catch (error) {
      throw new Refusal(obstacle(error));
    }
    if (this.#isOver) return stop(stream);
    this.#adopt(stream);
  }

  #adopt(stream) {
    this.#microphone = stream;
    const [track] = stream.getTracks();
    track.enabled = !this.#isMuted;
    track.onended = () => this.change(this.#constraints).catch(() => this.#tell("lost"));
    track.onmute = () => this.#tell("silent");
    track.onunmute = () => this.#tell(undefined);
    this.#meter = this.#context?.createAnalyser();
    this.#context?.createMediaStreamSource(stream).connect(this.#meter);
  }

  /** Speaks through another microphone: it was chosen, or a headset was unplugged and another one takes over. */
  async change(constraints) {
    this.#constraints = constraints;
    const stream = await navigator.mediaDevices.getUserMedia(constraints);
    if (this.#isOver) return stop(stream);
    const before = this.#microphone;
    this.#adopt(stream);
    await this.#peer?.getSenders()[0].replaceTrack(stream.getTracks()[0]);
    for (const track of before.getTracks()) track.onended = track.onmute = null;
    stop(before);
    if (["silent", "lost"].includes(this.notice)) this.#tell(undefined);
  }

  /** Lets the other side be heard on that loudspeaker, where the browser can; on the system's own if it is gone. */
  async playOn(device) {
    await this.#audio.setSinkId?.(device).catch(() => {});
  }

  set isMuted(isMuted) {
    this.#isMuted = Boolean(isMuted);
    for (const track of this.#microphone?.getTracks() ?? []) track.enabled = !isMuted;
    if (this.notice === "silent") this.#tell(undefined);
  }

  /** How loud whoever speaks here is, from 0 to 1. */
  get level() {
    if (!this.#meter || this.#isMuted) return 0;
    return Math.min(1, Math.sqrt(this.#peak()) * 1.2);
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
      if (this.#context?.state !== "running" || this.#isMuted) return;
      const isSilent = this.#peak() === 0;
      if (isSilent && Date.now() - begun < silenceTime) return;
      clearInterval(this.#meterTimer);
      if (isSilent) this.#tell("silent");
    }, 250);
  }

  /** Sends a digit as a telephone-event (RFC 4733), after those that still sound; `false` where the browser cannot. */
  sendDigit(digit) {
    const dtmf = this.#peer?.getSenders()[0]?.dtmf;
    if (!dtmf?.canInsertDTMF) return false;
    dtmf.insertDTMF(dtmf.toneBuffer + digit, 120, 80);
    return true;
  }

  // MARK: The connection

  /** The first offer; it goes out at once, the gateway is ICE-lite and needs no candidates of ours. */
  async offer() {
    const peer = new RTCPeerConnection();
    this.#peer = peer;
    for (const track of this.#microphone.getTracks()) peer.addTrack(track, this.#microphone);
    peer.ontrack = ({ track }) => this.#play(track);
    peer.onconnectionstatechange = () => this.#watch();
    await peer.setLocalDescription();
    return peer.localDescription.sdp;
  }

  async accept({ sdp, iceServers }) {
    if (iceServers) this.#peer.setConfiguration({ iceServers });
    await this.#peer.setRemoteDescription({ type: "answer", sdp });
  }

  /** Offers new credentials (RFC 8445 §9) by `exchange(sdp)`, which brings the gateway's answer, and takes it if it is one. */
  async renegotiate(exchange) {
    const peer = this.#peer;
    peer.restartIce();
    await peer.setLocalDescription();
    const answer = await exchange(peer.localDescription.sdp);
    if (answer.success) await peer.setRemoteDescription({ type: "answer", sdp: answer.sdp });
    return answer;
  }

  #play(track) {
    this.#audio.srcObject = new MediaStream([track]);
    this.#audio.play().catch((error) => {
      if (this.#isOver) return;
      console.warn("Calldocker: the browser holds the sound back until the next tap:", error.message);
      window.addEventListener("pointerdown", () => this.#audio.play().catch(() => {}), { once: true });
    });
  }

  #watch() {
    const { connectionState } = this.#peer;
    // While a new path is tried, the restart has its own timer.
    if (connectionState === "connecting" && this.#wasConnected) return;
    clearTimeout(this.#restartTimer);
    switch (connectionState) {
      case "connecting":
        this.#restartTimer = setTimeout(() => this.#tell("blocked"), restartTime);
        return;
      case "connected":
        if (!this.#wasConnected) this.#listenForSilence();
        this.#wasConnected = true;
        this.#restarts = 0;
        if (["poor", "blocked"].includes(this.notice)) this.#tell(undefined);
        return;
      case "disconnected":
        this.#tell("poor");
        this.#restartTimer = setTimeout(() => this.restart(), falterTime);
        return;
      case "failed":
        this.restart();
    }
  }

  get isConnected() {
    return this.#peer?.connectionState === "connected";
  }

  /** Looks for a new path: somebody went from one network to another, or has a better one by now (RFC 8445 §9). */
  async restart() {
    if (this.#isOver || !this.#peer) return;
    const mayHelp = this.#wasConnected || this.#peer.getConfiguration().iceServers?.length;
    if (!mayHelp) return this.onFailure("blocked");
    if (this.#restarts++ === maximumRestarts) return this.onFailure("connection-lost");
    this.#tell("poor");
    clearTimeout(this.#restartTimer);
    this.#restartTimer = setTimeout(() => this.restart(), restartTime);
    try {
      // A path that had only faltered may be well again, and says so no second time.
      if ((await this.onRestart()) && this.#peer.connectionState === "connected") this.#watch();
    } catch {
      // The timer tries again; a connection that is gone for good ends the call by itself.
    }
  }

  #tell(notice) {
    if (this.#isOver) return;
    this.notice = notice;
    this.onNotice?.(notice);
  }
}
