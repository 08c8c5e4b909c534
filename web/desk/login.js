// The door: who are you, and of which company?
import { element, write } from "./parts.js";
import { Kept } from "./kept.js";
import { Session } from "./session.js";

const remembered = new Kept("who");

export class Login {
  root;
  #base;
  #texts;
  #entered;
  #parts;

  /**
   * @param sentence why one has to log in, if there is a reason
   * @param entered called with the session, inside the tap where the browser lets sounds begin
   * @param company the UUID that the link named
   */
  constructor({ base, texts, entered, company, sentence }) {
    [this.#base, this.#texts, this.#entered] = [base, texts.login, entered];
    this.#build(company);
    this.#complain(sentence ?? (window.isSecureContext ? "" : this.#texts.insecure));
  }

  show() {
    const { uuid, user, password } = this.#parts;
    [uuid, user, password].find(({ value }) => !value)?.focus();
  }

  #build(company) {
    const texts = this.#texts, known = remembered.value ?? {};
    const field = (name, label, hint, attributes) => {
      const input = element("input", {
        id: name, name, required: true, "aria-describedby": hint ? `${name}-hint` : undefined, spellcheck: "false", autocapitalize: "none", ...attributes,
      });
      const notes = hint ? [element("small", { id: `${name}-hint` }, hint)] : [];
      const row = element("p", { class: "field" }, element("label", { for: name }, label), input, ...notes);
      return Object.assign(input, { row });
    };
    const uuid = field("uuid", texts.uuid, texts.uuidHint, { autocomplete: "organization", value: company || known.uuid || "", class: "code" });
    const isSame = !company || company === known.uuid;
    const user = field("user", texts.user, texts.userHint, { autocomplete: "username", value: (isSame && known.user) || "" });
    const password = field("password", texts.password, undefined, { type: "password", autocomplete: "current-password" });
    const keep = element("input", { type: "checkbox", id: "keep" });
    const complaint = element("p", { class: "complaint", role: "alert", hidden: true });
    const submit = element("button", { type: "submit", class: "primary" }, texts.submit);
    this.#parts = { uuid, user, password, keep, complaint, submit };
    this.root = element("main", { class: "login" },
      element("form", { class: "card", novalidate: true, submit: (event) => this.#submit(event) },
        element("p", { class: "brand" }, element("img", { src: `${this.#base}icon.svg`, alt: "", width: "36", height: "36" }), "Calldocker"),
        element("h1", {}, texts.title), element("p", { class: "lead" }, texts.lead),
        complaint, uuid.row, user.row, password.row,
        element("p", { class: "choice" }, keep, element("label", { for: "keep" }, texts.keep)),
        submit));
  }

  #complain(sentence, culprit) {
    const { complaint, uuid, user, password } = this.#parts;
    write(complaint, sentence);
    for (const input of [uuid, user, password]) input.setAttribute("aria-invalid", String(input === culprit));
    culprit?.focus();
  }

  async #submit(event) {
    event.preventDefault();
    const { uuid, user, password, keep, submit } = this.#parts;
    const empty = [uuid, user, password].find(({ value }) => !value.trim());
    if (empty) return this.#complain(this.#texts.missing, empty);
    if (submit.getAttribute("aria-disabled")) return;
    this.enter({ uuid: uuid.value.trim().toLowerCase(), user: user.value.trim(), password: password.value }, keep.checked);
  }

  /** Logs in with what was typed, or with what the demo page handed over. */
  async enter(who, isOnDevice) {
    const { submit, password, uuid, user } = this.#parts;
    [uuid.value, user.value] = [who.uuid, who.user];
    this.#complain("");
    submit.setAttribute("aria-disabled", "true");
    submit.textContent = this.#texts.submitting;
    try {
      const session = await Session.logIn(this.#base, who, isOnDevice);
      remembered.keep({ uuid: who.uuid, user: who.user }, true);
      this.#entered(session);
    } catch (failure) {
      if (failure.status === undefined) throw failure;
      this.#complain(this.#sentence(failure), failure.status === 401 ? password : undefined);
      if (failure.status === 401) password.select();
    } finally {
      submit.removeAttribute("aria-disabled");
      submit.textContent = this.#texts.submit;
    }
  }

  #sentence({ status, message, retryAfter }) {
    const { wrong, tooMany, busy, away, failed } = this.#texts;
    switch (status) {
      case 0: case 502: case 504: return away;
      case 401: case 404: return wrong;
      case 429: return tooMany(retryAfter || 60);
      case 503: return busy;
      default: return failed(message);
    }
  }
}
