// The bar at the top: whose desk this is, online or away, and what is rarely needed.
import { button, element, icon, secondsSince, span, write } from "./parts.js";

export class Header {
  root;
  #texts;
  #shift;
  #parts;
  #isOpen = false;

  /** @param actions settings, keys and logOut */
  constructor({ shift, texts, base, actions }) {
    [this.#shift, this.#texts] = [shift, texts];
    this.#build(base, actions);
  }

  #build(base, actions) {
    const { menu, presence, roles } = this.#texts;
    const { session } = this.#shift;
    const quiet = (sign, words, click) => button({ kind: "quiet", sign, click, "aria-label": words, title: words });
    const words = element("span", { class: "words" });
    const since = element("span", { class: "since" });
    const toggle = element("button", {
      type: "button", class: "status", "aria-expanded": "false", "aria-controls": "statuses", click: () => this.#open(!this.#isOpen),
    }, element("span", { class: "dot" }), words, since, icon("open"));
    const other = element("input", {
      type: "text", id: "other", maxlength: "60", placeholder: presence.other, "aria-label": presence.other, autocomplete: "off",
    });
    const choice = (kind, label, click) => element("button", { type: "button", class: `choice ${kind}`, click: () => this.#choose(click) },
      element("span", { class: "dot" }), label);
    const statuses = element("div", { class: "statuses", id: "statuses", role: "group", "aria-label": presence.label, hidden: true },
      choice("online", presence.online, () => this.#shift.goOnline()),
      choice("away", presence.away, () => this.#shift.goAway()),
      ...presence.reasons.map((reason) => choice("away", reason, () => this.#shift.goAway(reason))),
      element("form", { class: "other", submit: (event) => {
        event.preventDefault();
        const reason = other.value.trim();
        other.value = "";
        this.#choose(() => this.#shift.goAway(reason));
      } }, other, element("button", { type: "submit" }, presence.set)));
    this.#parts = { words, since, toggle, statuses };
    const switcher = element("div", { class: "switcher" }, toggle, statuses);
    this.root = element("header", { class: "bar", keydown: (event) => event.key === "Escape" && this.#isOpen && this.#open(false, true) },
      element("p", { class: "brand" }, element("img", { src: `${base}icon.svg`, alt: "", width: "28", height: "28" }),
        element("h1", { class: "company" }, session.company || "Calldocker")),
      ...(this.#shift.isAgent ? [switcher] : [element("p", { class: "role" }, roles[session.role] ?? session.role)]),
      element("p", { class: "user", title: menu.account(session.user) }, session.user),
      element("nav", { class: "tools" },
        ...(this.#shift.isAgent ? [quiet("keyboard", menu.keys, actions.keys)] : []),
        quiet("settings", menu.settings, actions.settings),
        quiet("logOut", menu.logOut, actions.logOut)));
    document.addEventListener("pointerdown", ({ target }) => this.#isOpen && !switcher.contains(target) && this.#open(false));
  }

  #open(isOpen, hasFocus = false) {
    const { toggle, statuses } = this.#parts;
    this.#isOpen = isOpen;
    statuses.hidden = !isOpen;
    toggle.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) statuses.querySelector("button").focus();
    else if (hasFocus) toggle.focus();
  }

  #choose(action) {
    this.#open(false, true);
    action();
  }

  /** What the switch says and which colour it has. */
  get #look() {
    const { presence: texts } = this.#texts;
    const { presence, line, isAvailable, isTalking, isElsewhere, microphone } = this.#shift;
    if (["lost", "refused"].includes(line.state.name)) return ["lost", texts.lost];
    if (line.state.name === "connecting" || presence.isOnline && ["asking", "unknown"].includes(microphone)) return ["connecting", texts.connecting];
    if (isTalking || isElsewhere) return ["busy", this.#texts.team.states.busy];
    if (isAvailable) return ["online", texts.online];
    return ["away", presence.reason || texts.away];
  }

  show() {
    if (!this.#shift.isAgent) return;
    const [look, words] = this.#look;
    const { toggle } = this.#parts;
    toggle.dataset.look = look;
    write(this.#parts.words, words);
    this.tick();
  }

  tick() {
    if (!this.#shift.isAgent) return;
    const { presence } = this.#shift;
    write(this.#parts.since, this.#parts.toggle.dataset.look === "away" && !presence.isOnline ? span(secondsSince(presence.since)) : "");
  }
}
