// What the visitor sees and hears read out: a dialog that shows one state at a time. It knows nothing of sockets or sound.
import { clock, element, icon } from "./shapes.js";
import { sheet } from "./sheet.js";

const keys = "123456789*0#";
const withSound = ["queued", "menu", "talking", "held"];
/** Reasons that mean: try again later, nobody is to blame. */
const nobody = ["no-agents", "unavailable", "no-answer", "declined", "busy"];

export class Panel {
  #texts;
  #root;
  #actions;
  #state = { name: "idle" };
  #spoken;
  #isDialling = false;
  #typed = "";
  #parts;

  /**
   * @param root the shadow root to live in
   * @param isPage whether it fills a page of its own, where it cannot be closed
   * @param actions start, hangUp, mute(isMuted), digit(digit), close and popOut: what the buttons do
   */
  constructor({ root, texts, label, isPage, actions }) {
    this.#texts = texts;
    this.#root = root;
    this.#actions = actions;
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
    this.#build(label, isPage);
    this.show(this.#state);
  }

  get isOpen() {
    return !this.#parts.panel.hidden;
  }

  open() {
    if (this.isOpen) return;
    this.#parts.panel.hidden = false;
    this.#parts.panel.focus({ preventScroll: true });
  }

  close() {
    this.#parts.panel.hidden = true;
  }

  /** What the present state is called, for a title or the button outside. */
  get title() {
    return this.#describe().title;
  }

  show(state) {
    const hadFocus = this.isOpen && this.#root.activeElement;
    if (!withSound.includes(state.name)) [this.#isDialling, this.#typed] = [false, ""];
    this.#state = state;
    this.#render();
    // Focus does not fall out of the dialog with a button that is gone.
    if (hadFocus && !this.#root.activeElement?.getClientRects().length) {
      (state.name === "ended" ? this.#parts.start : this.#parts.panel).focus({ preventScroll: true });
    }
  }

  tick(level) {
    const { startedAt } = this.#state;
    if (startedAt) this.#parts.timer.textContent = clock(Math.floor((Date.now() - startedAt) / 1000));
    this.#parts.disc.style.setProperty("--level", level.toFixed(2));
  }

  // MARK: Building

  #build(label, isPage) {
    const { texts, actions } = { texts: this.#texts, actions: this.#actions };
    const quiet = (name, text, click) => element("button", { type: "button", class: "quiet", "aria-label": text, title: text, click }, icon(name));
    const caption = () => element("span");
    const control = (kind, click) => {
      const [disc, words] = [element("span", { class: "disc" }), caption()];
      const button = element("button", { type: "button", class: `control ${kind}`, click }, disc, words);
      return Object.assign(button, { disc, words });
    };
    const mute = control("mute", () => actions.mute(!this.#state.isMuted));
    const keypad = control("keys", () => this.#dial(!this.#isDialling));
    const hangUp = control("hang-up", actions.hangUp);
    keypad.disc.append(icon("keypad"));
    keypad.words.textContent = texts.keypad;
    keypad.setAttribute("aria-controls", "keypad");
    hangUp.disc.append(icon("hangUp"));
    hangUp.words.textContent = texts.hangUp;
    const startWords = caption();
    const parts = {
      popOut: quiet("popOut", texts.popOut, actions.popOut),
      close: quiet("close", texts.close, actions.close),
      emblem: element("div", { class: "emblem", "aria-hidden": "true" }),
      title: element("p", { class: "title" }),
      timer: element("p", { class: "timer", role: "timer" }),
      note: element("p", { class: "note" }),
      notice: element("p", { class: "notice" }),
      digits: element("p", { class: "digits", "aria-live": "off" }),
      mute, keypad, hangUp, startWords,
      disc: mute.disc,
      start: element("button", { type: "button", class: "wide", click: actions.start }, icon("call"), startWords),
      announcement: element("p", { class: "announcement", role: "status" }),
    };
    parts.pad = element("div", { class: "keypad", id: "keypad", role: "group", "aria-label": texts.keypad }, parts.digits,
      ...[...keys].map((digit) => element("button", { type: "button", class: "key", click: () => this.#type(digit) }, digit)));
    parts.panel = element("section", {
      class: isPage ? "panel is-page" : "panel", role: isPage ? "group" : "dialog", "aria-labelledby": "heading", tabindex: "-1", hidden: !isPage,
      keydown: (event) => this.#press(event, isPage),
    },
      element("header", {}, element(isPage ? "h1" : "h2", { id: "heading" }, label), ...(isPage ? [] : [parts.popOut, parts.close])),
      element("div", { class: "stage" }, parts.emblem, parts.title, parts.timer, parts.note, parts.notice),
      parts.pad,
      element("div", { class: "controls" }, mute, keypad, hangUp, parts.start));
    this.#parts = parts;
    this.#root.append(parts.panel, parts.announcement);
  }

  // MARK: Showing

  #render() {
    const [state, parts, texts] = [this.#state, this.#parts, this.#texts];
    const { look, sign, title, note } = this.#describe();
    const isLive = !["idle", "ended"].includes(state.name);
    const hasSound = withSound.includes(state.name);
    parts.emblem.dataset.look = look;
    parts.emblem.replaceChildren(sign.length > 2 ? icon(sign) : sign);
    parts.title.textContent = title;
    this.#write(parts.note, this.#isDialling ? "" : note);
    this.#write(parts.notice, texts.notices[state.notice]);
    const lasted = state.seconds >= 0 ? texts.lasted(clock(state.seconds)) : "";
    this.#write(parts.timer, hasSound && state.startedAt ? clock(Math.floor((Date.now() - state.startedAt) / 1000)) : lasted);
    for (const button of [parts.mute, parts.keypad]) button.hidden = !hasSound;
    parts.hangUp.hidden = !isLive;
    parts.start.hidden = isLive;
    parts.startWords.textContent = state.name === "idle" ? texts.start : state.agent || state.reason === "visitor-hung-up" ? texts.again : texts.retry;
    parts.mute.disc.replaceChildren(icon(state.isMuted ? "muted" : "microphone"));
    parts.mute.words.textContent = state.isMuted ? texts.unmute : texts.mute;
    parts.keypad.setAttribute("aria-expanded", String(this.#isDialling));
    parts.pad.hidden = !this.#isDialling;
    parts.digits.textContent = this.#typed;
    parts.panel.classList.toggle("is-dialling", this.#isDialling);
    parts.popOut.hidden = isLive;
    const closing = isLive ? texts.hide : texts.close;
    parts.close.setAttribute("aria-label", closing);
    parts.close.title = closing;
    parts.close.replaceChildren(icon(isLive ? "hide" : "close"));
    this.#announce([title, note, texts.notices[state.notice]].filter(Boolean).join(". ").replace(/([.?!…])\./g, "$1"));
  }

  #write(part, text = "") {
    part.textContent = text;
    part.hidden = !text;
  }

  /** Read out by screen readers also while the dialog is hidden; each state once, and never the seconds. */
  #announce(sentence) {
    if (sentence === this.#spoken || this.#state.name === "idle") return;
    this.#spoken = sentence;
    this.#parts.announcement.textContent = sentence;
  }

  #describe() {
    const { name, agent, position, reason, message } = this.#state;
    const { states, notes, reasons, idle, ended, nobody: nobodyThere, noMicrophone, failed } = this.#texts;
    switch (name) {
      case "idle":
        return { look: "tint", sign: "call", title: idle };
      case "microphone":
        return { look: "wait", sign: "microphone", title: states.microphone, note: notes.microphone };
      case "connecting":
        return { look: "wait", sign: "call", title: states.connecting };
      case "ringing":
        return { look: "ring", sign: "call", title: states.ringing, note: notes.ringing };
      case "queued":
        return { look: "ring", sign: "call", title: states.queued, note: notes.queued(position) };
      case "talking":
        return { look: "tint", sign: [...(agent ?? "")][0]?.toUpperCase() ?? "call", title: states.talking(agent) };
      case "ended": {
        // The gateway's sentence is English; what we can say in the visitor's language goes first.
        const note = reasons[reason] ?? message ?? reasons.failed;
        if (agent || ["visitor-hung-up", "taken-over"].includes(reason)) return { look: "quiet", sign: "hangUp", title: ended, note };
        if (nobody.includes(reason)) return { look: "quiet", sign: "call", title: nobodyThere, note };
        return { look: "quiet", sign: "warning", title: reason.startsWith("microphone") ? noMicrophone : failed, note };
      }
      default:
        return { look: "tint", sign: "call", title: states[name], note: notes[name] };
    }
  }

  // MARK: Keys

  #press(event, isPage) {
    if (event.key === "Escape" && !isPage) {
      event.stopPropagation();
      if (this.#isDialling) this.#dial(false);
      else this.#actions.close();
    } else if (this.#isDialling && keys.includes(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      this.#type(event.key);
    }
  }

  #dial(isDialling) {
    this.#isDialling = isDialling;
    this.#render();
    (isDialling ? this.#parts.pad.querySelector("button") : this.#parts.keypad).focus({ preventScroll: true });
  }

  #type(digit) {
    this.#typed += digit;
    this.#parts.digits.textContent = this.#typed;
    this.#actions.digit(digit);
  }
}
