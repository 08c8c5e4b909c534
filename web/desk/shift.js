// An agent at work, from login to logout: the line, the status, the calls. The views show it and tell it what to do.
import { Refusal, obstacle, stop } from "../widget/voice.js";
import { Attention } from "./attention.js";
import { Kept, microphoneConstraints } from "./kept.js";
import { Line } from "./line.js";
import { Ringer } from "./ringer.js";
import { Tabs } from "./tabs.js";
import { Talk } from "./talk.js";
import { Team } from "./team.js";

/** How long the end of a call stays on the stage, in milliseconds. */
const afterTime = 20_000;

export class Shift {
  static #kept = new Kept("presence");
  /** What the agent wants to be: `isOnline`, else a `reason` where there is one; since when. */
  presence;
  /** `unknown`, `asking`, `ready`, or what stands between us and the microphone. */
  microphone = "unknown";
  /** The call on the stage: ringing, answering, talking, ended or missed; none while it is quiet. */
  call;
  /** What is wrong with the sound of this agent's softphone: `callId`, `trouble` and `advice`. */
  phoneTrouble;
  team;
  ringer = new Ringer();
  session;
  line;
  /** Called when a call's record was written. */
  onCallsChanged;
  #texts;
  #report;
  #tabs;
  #attention = new Attention();
  #talk;
  #farewells = [];
  #after;
  #release;
  #isTold = "";
  #hasRenewed = false;
  #isClosed = false;

  /** @param report called whenever something changed that is shown */
  constructor({ base, session, texts, report }) {
    this.session = session;
    this.#texts = texts;
    this.#report = report;
    this.team = new Team(session, () => this.#changed());
    this.line = new Line(base);
    this.#tabs = new Tabs(`${session.uuid}.${session.user}`);
    const kept = Shift.#kept.value;
    this.presence = kept?.uuid === session.uuid && kept.user === session.user ? kept.presence : { isOnline: true, since: Date.now() };
  }

  begin() {
    this.team.begin();
    if (this.isAgent) this.#beginWork();
    this.#changed();
  }

  get isAgent() {
    return this.session.isAgent;
  }

  /** Whether calls may ring here. */
  get isAvailable() {
    return this.presence.isOnline && this.microphone === "ready";
  }

  get isTalking() {
    return Boolean(this.#talk && !this.#talk.isOver);
  }

  /** Whether this agent is on a call that is not in this window. */
  get isElsewhere() {
    return !this.isTalking && this.call?.name !== "ringing" && this.team.agents.get(this.session.user)?.state === "busy";
  }

  get level() {
    return this.#talk?.level ?? 0;
  }

  #beginWork() {
    this.ringer.onUnlock = () => {
      this.#tabs.lead();
      this.#changed();
    };
    this.#tabs.onLead = () => this.call?.name === "ringing" && this.ringer.start();
    this.#tabs.onTold = ({ presence }) => presence && this.#adopt(presence);
    this.ringer.unlock();
    for (const touch of ["pointerdown", "keydown"]) window.addEventListener(touch, this.ringer.unlock);
    window.addEventListener("pagehide", this.#leavePage);
    window.addEventListener("beforeunload", this.#warn);
    navigator.mediaDevices?.addEventListener?.("devicechange", this.#devicesChanged);
    navigator.permissions?.query({ name: "microphone" }).then((permission) => {
      permission.onchange = () => permission.state !== "prompt" && this.presence.isOnline && this.checkMicrophone();
    }, () => {});
    this.line.onState = () => this.#lineChanged();
    this.line.onEvent = (name, body) => this.#hear(name, body);
    this.line.greet = (request) => this.#greet(request);
    this.session.onRenew = () => this.#showToken();
    const { uuid, ...call } = Talk.kept.value ?? {};
    if (call.callId && uuid === this.session.uuid) this.#take(call);
    this.line.open();
    if (this.presence.isOnline) this.checkMicrophone();
  }

  async end() {
    if (this.isTalking) this.hangUp();
    this.close();
    await this.session.logOut();
  }

  /** Stops everything but the login. */
  close() {
    if (this.isTalking) this.hangUp();
    this.#isClosed = true;
    clearTimeout(this.#after);
    this.#quiet();
    for (const touch of ["pointerdown", "keydown"]) window.removeEventListener(touch, this.ringer.unlock);
    window.removeEventListener("pagehide", this.#leavePage);
    window.removeEventListener("beforeunload", this.#warn);
    navigator.mediaDevices?.removeEventListener?.("devicechange", this.#devicesChanged);
    this.team.close();
    this.#tabs.close();
    this.line.close();
  }

  /** A call is kept for who loads the page anew; without one the server need not wait. */
  #leavePage = () => this.isTalking || this.line.close();
  #warn = (event) => this.isTalking && event.preventDefault();

  // MARK: The line

  async #greet(request) {
    const { uuid, user, token } = this.session;
    const status = this.isAvailable || this.isTalking && this.presence.isOnline ? "available" : "paused";
    this.#isTold = this.#status;
    const answer = await request("register-agent", { uuid, agentId: user, token, status, reason: this.presence.reason });
    if (!answer.success) {
      // A token of its own may help, once.
      if (answer.reason === "unauthorised" && !this.#hasRenewed) {
        this.#hasRenewed = true;
        this.session.renew().then(() => this.line.reopen(), () => {});
      }
      return answer;
    }
    this.#hasRenewed = false;
    if (Array.isArray(answer.agents)) this.team.adopt(answer.agents);
    for (const talk of this.#farewells.splice(0)) await talk.leave(request);
    // A call whose window is gone for good goes on in this one.
    const { callId, resumeToken } = answer;
    if (callId && !this.isTalking && !(await this.#tabs.isHeld(callId))) this.#take({ callId, resumeToken });
    if (this.isTalking) await this.#talk.resume(request);
    return answer;
  }

  /** The server lets go of a desk whose token has run out: it is shown the fresh one. */
  #showToken() {
    const { uuid, user, token } = this.session;
    if (this.line.isOpen) this.line.request("register-agent", { uuid, agentId: user, token }).catch(() => {});
  }

  #lineChanged() {
    const { name } = this.line.state;
    if (name === "lost") {
      this.phoneTrouble = undefined;
      this.#talk?.lineLost();
      // What rang is not ours any more; if it still rings when we are back, we are told again.
      if (this.call?.name === "ringing") this.#show(undefined);
    }
    if (name === "open") {
      this.#tellStatus();
      this.onCallsChanged?.();
    }
    this.#changed();
  }

  #hear(name, body) {
    switch (name) {
      case "error":
        return body.reason === "unauthorised" ? this.session.ended() : undefined;
      case "incoming-call":
        return this.#ring(body);
      case "incoming-call-ended":
        return this.#ringingEnded(body);
      case "call-state":
        return this.#talk?.state.callId === body.callId ? this.#talk.hear(body) : this.#hearOfPhone(body);
      case "agent-state":
        return this.team.hear(body);
      case "calls-changed":
        return this.onCallsChanged?.();
    }
  }

  /** A call that is not ours is on a phone of this agent, which has no line for such words itself. */
  #hearOfPhone({ callId, state, trouble, advice }) {
    if (state !== "talking") return;
    this.phoneTrouble = trouble ? { callId, trouble, advice } : undefined;
    this.#changed();
  }

  // MARK: Online and away

  /** Asks for the microphone now and not only when somebody waits. */
  goOnline() {
    this.#decide({ isOnline: true, since: Date.now() });
    return this.checkMicrophone();
  }

  goAway(reason) {
    this.#decide({ isOnline: false, reason: reason || undefined, since: Date.now() });
  }

  #decide(presence) {
    // Who goes on has read how the last call ended.
    this.dismiss();
    this.#tabs.tell({ presence });
    this.#adopt(presence);
  }

  #adopt(presence) {
    this.presence = presence;
    Shift.#kept.keep({ uuid: this.session.uuid, user: this.session.user, presence }, true);
    if (presence.isOnline && this.microphone !== "ready") this.checkMicrophone();
    this.#tellStatus();
    this.#changed();
  }

  get #status() {
    return JSON.stringify({ status: this.isAvailable ? "available" : "paused", reason: this.presence.reason });
  }

  #tellStatus() {
    if (!this.line.isOpen || this.#status === this.#isTold) return;
    this.#isTold = this.#status;
    this.line.send("agent-status", JSON.parse(this.#status));
  }

  /** Whether there is a microphone and we may use it; it is let go at once, and on again only during calls. */
  async checkMicrophone() {
    if (this.microphone === "asking") return;
    this.microphone = "asking";
    this.#changed();
    try {
      if (!window.isSecureContext) throw new Refusal("insecure");
      if (!navigator.mediaDevices || !window.RTCPeerConnection) throw new Refusal("unsupported");
      stop(await navigator.mediaDevices.getUserMedia(microphoneConstraints()));
      this.microphone = "ready";
    } catch (error) {
      this.microphone = error.reason ?? obstacle(error);
    }
    this.#tellStatus();
    this.#changed();
  }

  #devicesChanged = () => {
    if (this.presence.isOnline && !["ready", "asking"].includes(this.microphone)) this.checkMicrophone();
  };

  // MARK: Ringing

  #ring({ callId, from, page, queue, waited }) {
    if (this.isTalking) return;
    clearTimeout(this.#after);
    this.call = { name: "ringing", callId, from, page, queue, since: Date.now() - (waited ?? 0) * 1000 };
    const { notification, titles, stage } = this.#texts;
    const who = from || stage.unknown;
    this.#attention.call(titles.ringing(who), true);
    if (this.#tabs.isLeader) this.ringer.start();
    if (!document.hasFocus()) this.#notify(notification.title(who), page ? notification.from(page) : "", callId);
    this.#changed();
  }

  async #notify(title, body, callId) {
    const isOurs = this.#tabs.isLeader || (await this.#tabs.isLeaderless());
    if (isOurs && this.call?.callId === callId && this.call.name === "ringing") this.#attention.notify(title, body, callId);
  }

  #ringingEnded({ callId, reason }) {
    if (this.call?.callId !== callId) return;
    if (this.call.name === "answering") return this.#talk.gone(reason);
    if (this.call.name === "ringing") this.#conclude({ ...this.call, name: "missed", reason });
  }

  async accept() {
    if (this.call?.name !== "ringing") return;
    this.#quiet();
    const ringing = this.call;
    this.#take(ringing);
    try {
      await this.#talk.accept();
    } catch (refusal) {
      // The visitor still waits: what is wrong with the microphone is said, and answering may be tried again.
      this.#talk = undefined;
      this.#release();
      this.microphone = refusal.reason;
      if (this.call?.callId === ringing.callId) this.#show({ ...ringing, name: "ringing", isMicrophoneMissing: true });
    }
  }

  decline() {
    if (this.call?.name !== "ringing") return;
    this.line.send("call-reject", { callId: this.call.callId });
    this.#conclude({ ...this.call, name: "missed", reason: "declined" });
  }

  // MARK: Talking

  #take(call) {
    const release = this.#tabs.hold(call.callId);
    this.#talk = new Talk({
      uuid: this.session.uuid, call, line: this.line,
      report: (state) => {
        if (state.name !== "ended") return this.#show(state);
        release();
        this.#conclude(state);
      },
    });
    this.#release = release;
    this.#show(this.#talk.state);
  }

  hangUp() {
    if (!this.isTalking) return;
    if (!this.line.isOpen) this.#farewells.push(this.#talk);
    this.#talk.hangUp();
  }

  get isMuted() {
    return Boolean(this.call?.isMuted);
  }

  set isMuted(isMuted) {
    if (this.isTalking) this.#talk.isMuted = isMuted;
  }

  changeDevices() {
    return this.isTalking ? this.#talk.changeDevices() : undefined;
  }

  /** Shows how a call ended, for a while. */
  #conclude(state) {
    this.#show(state);
    clearTimeout(this.#after);
    this.#after = setTimeout(() => this.dismiss(), afterTime);
  }

  dismiss() {
    if (["ended", "missed"].includes(this.call?.name)) this.#show(undefined);
  }

  #show(call) {
    clearTimeout(this.#after);
    this.call = call;
    if (call?.name !== "ringing") this.#quiet();
    this.#changed();
  }

  #quiet() {
    this.ringer.stop();
    this.#attention.quiet();
  }

  #changed() {
    // An answer may come after the logout; title and icon are the door's by then.
    if (this.#isClosed) return;
    const { titles, name } = this.#texts;
    const place = [name, this.session.company].filter(Boolean).join(" – ");
    const [words, sign] = !this.isAgent ? [undefined, "online"]
      : this.isTalking ? [titles.talking, "talking"]
      : ["lost", "refused"].includes(this.line.state.name) ? [titles.lost, "lost"]
      : this.isAvailable ? [undefined, "online"] : [titles.away, "away"];
    this.#attention.rest(words ? `${words} – ${place}` : place, sign);
    this.#report();
  }
}
