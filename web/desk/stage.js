// The middle of the desk: the call that rings, is talked or has ended, and while there is none whether one may come.
import { Attention } from "./attention.js";
import { prefer, preferences } from "./kept.js";
import { button, clock, element, fill, icon, pageLink, portrait, secondsSince, span, write } from "./parts.js";

export class Stage {
  root;
  #texts;
  #shared;
  #shift;
  #parts;
  #look;
  #shown;

  /** @param shared what the widget says of microphones and connections */
  constructor({ shift, texts, shared }) {
    [this.#shift, this.#texts, this.#shared] = [shift, texts, shared];
    this.#build();
  }

  #build() {
    const texts = this.#texts.stage, shift = this.#shift;
    const line = (className, attributes) => element("p", { class: className, hidden: true, ...attributes });
    const parts = {
      kicker: line("kicker"),
      emblem: element("div", { class: "emblem", "aria-hidden": "true" }),
      title: element("h2", { class: "title", tabindex: "-1" }),
      place: element("p", { class: "place" }),
      timer: line("timer", { role: "timer" }),
      note: line("note"),
      notice: line("notice", { role: "status" }),
      bar: element("span", { class: "bar" }),
      accept: button({ kind: "answer", sign: "call", words: texts.accept, key: "A", click: () => shift.accept() }),
      decline: button({ kind: "refuse", sign: "hangUp", words: texts.decline, key: "D", click: () => shift.decline() }),
      mute: button({ kind: "mute", sign: "microphone", words: texts.mute, key: "M", click: () => (shift.isMuted = !shift.call.isMuted) }),
      hangUp: button({ kind: "refuse", sign: "hangUp", words: texts.hangUp, key: "H", click: () => shift.hangUp() }),
      done: button({ words: texts.done, click: () => shift.dismiss() }),
      goOnline: button({ kind: "primary", words: texts.goOnline, key: "O", click: () => shift.goOnline() }),
      retry: button({ words: this.#texts.retry, click: () => shift.checkMicrophone() }),
      urgent: element("p", { class: "announcement", role: "alert" }),
      calm: element("p", { class: "announcement", role: "status" }),
    };
    const scale = { role: "meter", "aria-label": texts.level, "aria-valuemin": "0", "aria-valuemax": "100" };
    parts.meter = element("div", { class: "meter", ...scale }, icon("microphone"), parts.bar);
    parts.offer = element("div", { class: "offer", hidden: true }, icon("bell"),
      element("div", {}, element("h3", {}, texts.notifyTitle), element("p", {}, texts.notifyNote),
        element("p", { class: "row" },
          button({ words: texts.notify, click: () => this.#answerOffer(true) }),
          button({ kind: "plain", words: texts.notNow, click: () => this.#answerOffer(false) }))));
    parts.controls = element("div", { class: "controls" }, parts.accept, parts.decline, parts.mute, parts.hangUp, parts.done, parts.goOnline, parts.retry);
    parts.card = element("div", { class: "card" },
      parts.kicker, parts.emblem, parts.title, parts.place, parts.timer, parts.note, parts.notice, parts.meter, parts.controls);
    this.#parts = parts;
    this.root = element("section", { class: "stage", "aria-label": texts.label }, parts.card, parts.offer, parts.urgent, parts.calm);
  }

  async #answerOffer(isWanted) {
    prefer({ wasAskedToNotify: true });
    if (isWanted) await Attention.ask();
    this.show();
  }

  show() {
    const parts = this.#parts;
    const look = this.#describe();
    const hadFocus = parts.card.contains(document.activeElement);
    this.#look = look;
    parts.card.dataset.look = look.look;
    write(parts.kicker, look.kicker);
    this.#draw(look);
    write(parts.title, look.title);
    write(parts.note, look.note?.());
    write(parts.notice, look.notice);
    const shownButtons = new Set(look.buttons ?? []);
    for (const name of ["accept", "decline", "mute", "hangUp", "done", "goOnline", "retry"]) parts[name].hidden = !shownButtons.has(name);
    parts.meter.hidden = !look.hasMeter;
    this.#showMute(this.#shift.call?.isMuted);
    parts.offer.hidden = look.look !== "ready" || preferences.wasAskedToNotify || Attention.permission !== "default";
    this.#announce(look);
    this.tick();
    // Who answers by key or by button is not thrown out of the card when that button is gone.
    if (hadFocus && !document.activeElement?.checkVisibility?.()) (parts[look.buttons?.[0]] ?? parts.title).focus();
  }

  #draw({ who, sign, page }) {
    const { emblem, place } = this.#parts;
    // Only what changed is drawn anew: a link that is about to be clicked stays.
    const shown = JSON.stringify([who, sign, page]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    fill(emblem, who ? portrait(who) : icon(sign));
    fill(place, page ? pageLink(page) : undefined);
    place.hidden = !page;
  }

  #showMute(isMuted) {
    const { mute } = this.#parts, { stage } = this.#texts;
    const words = isMuted ? stage.unmute : stage.mute;
    if (mute.querySelector("span").textContent === words) return;
    mute.querySelector("span").textContent = words;
    mute.querySelector("svg").replaceWith(icon(isMuted ? "muted" : "microphone"));
    mute.classList.toggle("is-on", Boolean(isMuted));
  }

  #announce({ look, title, kicker, ending, notice }) {
    const { urgent, calm } = this.#parts;
    const sentence = [kicker, title, ending].filter(Boolean).join(". ");
    const isUrgent = look === "ringing";
    if (urgent.textContent !== (isUrgent ? sentence : "")) urgent.textContent = isUrgent ? sentence : "";
    if (!isUrgent && calm.textContent !== sentence && !notice) calm.textContent = sentence;
  }

  /** What moves with time: clocks, and how loud the microphone is. */
  tick() {
    const { timer, note } = this.#parts;
    write(timer, this.#look.timer?.());
    write(note, this.#look.note?.());
  }

  tickLevel() {
    if (this.#parts.meter.hidden) return;
    const level = this.#shift.level;
    this.#parts.bar.style.setProperty("--level", level.toFixed(2));
    this.#parts.meter.setAttribute("aria-valuenow", String(Math.round(level * 100)));
  }

  // MARK: What there is to say

  #describe() {
    const { call } = this.#shift;
    if (!call) return this.#describeQuiet();
    const { stage: texts, endings } = this.#texts;
    const who = call.from || texts.unknown;
    const known = { who, title: who, page: call.page };
    switch (call.name) {
      case "ringing":
        return {
          ...known, look: "ringing", kicker: texts.ringing, timer: () => texts.waiting(clock(secondsSince(call.since))),
          note: () => call.queue ? texts.queue(call.queue) : "",
          notice: call.isMicrophoneMissing ? this.#shared.reasons[this.#shift.microphone] : undefined, buttons: ["accept", "decline"],
        };
      case "answering":
        return { ...known, look: "talking", kicker: texts.answering, buttons: ["hangUp"] };
      case "talking":
        return {
          ...known, look: "talking", kicker: texts.talking, timer: () => clock(secondsSince(call.startedAt)), notice: this.#noticeOf(call),
          hasMeter: true, buttons: ["mute", "hangUp"],
        };
      case "ended": {
        const isAnswered = call.seconds !== undefined;
        const reason = endings[call.reason] ?? call.message;
        const ending = isAnswered ? [texts.ended, clock(call.seconds), reason ?? endings.failed].join(" — ") : reason;
        return { ...known, look: "ended", kicker: isAnswered ? undefined : texts.notAnswered, note: () => ending, ending, buttons: ["done"] };
      }
      default: {
        // The answer may be this agent's own, on a phone beside the desk.
        const isOurs = call.reason === "answered-elsewhere" && this.#shift.isElsewhere;
        if (isOurs) {
          const note = () => texts.elsewhereNote;
          return { ...known, notice: this.#phoneNotice(), look: "talking", kicker: texts.elsewhere, note, buttons: ["done"] };
        }
        const ending = endings[call.reason] ?? "";
        const kicker = ["declined", "answered-elsewhere"].includes(call.reason) ? undefined : texts.notAnswered;
        return { ...known, look: "ended", kicker, note: () => ending, ending, buttons: ["done"] };
      }
    }
  }

  /** The gravest of what may be wrong while somebody talks. */
  #noticeOf({ isLineLost, isReconnecting, notice, trouble, advice, isMuted }) {
    const { stage: texts, troubles } = this.#texts;
    if (isLineLost) return texts.lineLost;
    if (isReconnecting) return texts.reconnecting;
    if (notice) return this.#shared.notices[notice];
    if (trouble === "hears-nothing") return troubles.quiet;
    // Who switched the microphone off here knows that it is silent.
    if (trouble && !isMuted) return advice ? troubles.unheard : troubles.silent;
    return isMuted ? texts.muted : undefined;
  }

  /** What is wrong while this agent talks on a phone beside the desk. */
  #phoneNotice() {
    const { phoneTrouble: told } = this.#shift;
    const { troubles } = this.#texts;
    if (!told) return undefined;
    if (told.trouble === "hears-nothing") return troubles.phoneQuiet;
    return told.advice ? troubles.phoneUnheard : troubles.phoneSilent;
  }

  #describeQuiet() {
    const { stage: texts, lines } = this.#texts;
    const { line, presence, microphone, isElsewhere } = this.#shift;
    switch (line.state.name) {
      case "lost":
        return { look: "lost", sign: "warning", title: texts.lost, note: () => texts.lostNote };
      case "refused":
        return { look: "lost", sign: "warning", title: texts.lost, note: () => lines.refused(line.state.message ?? line.state.reason) };
      case "connecting":
        return { look: "wait", sign: "call", title: texts.connecting };
    }
    if (isElsewhere) return { look: "talking", notice: this.#phoneNotice(), sign: "call", title: texts.elsewhere, note: () => texts.elsewhereNote };
    if (!presence.isOnline) {
      const note = () => texts.awayNote(span(secondsSince(presence.since)));
      return { look: "away", sign: "cup", title: texts.away(presence.reason), note, buttons: ["goOnline"] };
    }
    switch (microphone) {
      case "ready":
        return { look: "ready", sign: "call", title: texts.ready, note: () => texts.readyNote };
      case "unknown": case "asking":
        return { look: "wait", sign: "microphone", title: texts.microphone, note: () => texts.microphoneNote };
      default:
        return { look: "lost", sign: "muted", title: texts.noMicrophone, note: () => this.#shared.reasons[microphone], buttons: ["retry"] };
    }
  }
}
