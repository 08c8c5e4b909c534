// The agent's desk, /desk: the door, and behind it an agent's shift as it is seen. `?uuid=…` names the company, `?lang=…` a language.
import { preferences, Kept } from "./kept.js";
import { Colleagues } from "./colleagues.js";
import { Header } from "./header.js";
import { History } from "./history.js";
import { Login } from "./login.js";
import { button, element, fill, write } from "./parts.js";
import { Session } from "./session.js";
import { Settings, keysDialog, listenToKeys } from "./settings.js";
import { Shift } from "./shift.js";
import { Stage } from "./stage.js";

const base = new URL("../", import.meta.url).href;
const languages = ["en", "de", "es", "fr"];
const parameters = new URLSearchParams(location.search);
const wanted = [preferences.language, parameters.get("lang"), ...navigator.languages];
const language = wanted.map((tag) => (tag ?? "").slice(0, 2).toLowerCase()).find((code) => languages.includes(code)) ?? "en";
const [{ texts }, { texts: shared }] = await Promise.all([import(`./texts/${language}.js`), import(`../widget/texts/${language}.js`)]);

const place = document.getElementById("desk");
document.documentElement.lang = language;

function dress() {
  if (preferences.theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = preferences.theme;
}

// MARK: The door

function logIn(sentence) {
  document.title = texts.name;
  document.getElementById("icon").href = `${base}icon.svg`;
  const login = new Login({ base, texts, company: parameters.get("uuid"), sentence, entered: work });
  fill(place, login.root);
  login.show();
  return login;
}

// MARK: At work

class Desk {
  #shift;
  #views;
  #parts;
  #settings;
  #keys;
  #end = [];
  #isLoggedOut = false;

  constructor(session) {
    this.#shift = new Shift({ base, session, texts, report: () => this.#show() });
    const shift = this.#shift;
    this.#settings = new Settings({ shift, texts, applied: (what) => what === "theme" ? dress() : location.reload() });
    this.#keys = keysDialog(texts);
    const header = new Header({ shift, texts, base, actions: {
      settings: () => this.#settings.open(), keys: () => this.#keys.open(), logOut: () => this.#logOut(),
    } });
    const stage = shift.isAgent ? new Stage({ shift, texts, shared }) : undefined;
    const history = new History({ shift, texts, language });
    const colleagues = new Colleagues({ shift, texts });
    this.#views = { header, stage, history, colleagues };
    this.#build();
    session.onEnd = () => this.#sessionEnded();
    this.#end.push(listenToKeys((action) => this.#press(action)), () => history.close());
    const second = setInterval(() => this.#tick(), 1000);
    this.#end.push(() => clearInterval(second));
    shift.begin();
    history.begin();
  }

  #build() {
    const { header, stage, history, colleagues } = this.#views;
    const banner = element("div", { class: "banner", role: "status", hidden: true });
    const view = (name, words) => button({ words, "aria-pressed": String(name === "calls"), click: () => this.#look(name) });
    const tabs = { calls: view("calls", texts.calls.title), team: view("team", texts.team.title) };
    this.#parts = { banner, tabs, words: element("span", {}), now: button({ words: texts.lines.now, click: () => this.#shift.line.retry() }) };
    banner.append(this.#parts.words, this.#parts.now);
    this.#parts.desk = element("main", { class: `desk ${stage ? "" : "has-no-stage"}`, "data-view": "calls" },
      ...(stage ? [stage.root] : []), element("div", { class: "segments views", role: "group" }, tabs.calls, tabs.team), history.root, colleagues.root);
    fill(place, header.root, banner, this.#parts.desk, this.#settings.root, this.#keys.root);
  }

  /** On narrow screens there is room for one list at a time. */
  #look(name) {
    this.#parts.desk.dataset.view = name;
    for (const [key, tab] of Object.entries(this.#parts.tabs)) tab.setAttribute("aria-pressed", String(key === name));
  }

  // MARK: Showing

  #isWaiting = false;

  /** Several changes in one turn are drawn once. */
  #show() {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    queueMicrotask(() => {
      this.#isWaiting = false;
      if (this.#isLoggedOut) return;
      const { header, stage, history, colleagues } = this.#views;
      header.show();
      stage?.show();
      history.show();
      colleagues.show();
      this.#parts.desk.dataset.call = this.#shift.call?.name ?? "none";
      this.#showBanner();
      if (this.#shift.isTalking) this.#measure();
    });
  }

  #tick() {
    const { header, stage, colleagues } = this.#views;
    header.tick();
    stage?.tick();
    colleagues.tick();
    this.#showBanner();
  }

  /** What is wrong with this desk as a whole. */
  #showBanner() {
    const { banner, words, now } = this.#parts, { lines } = texts;
    const { line, isAgent, ringer, session } = this.#shift;
    const { name, retryAt } = line.state;
    let sentence = "";
    if (session.isOver) sentence = lines.expired;
    else if (isAgent && name === "lost") sentence = lines.lost(retryAt ? Math.ceil((retryAt - Date.now()) / 1000) : 0);
    else if (isAgent && !ringer.isUnlocked && this.#shift.presence.isOnline) sentence = lines.silent;
    banner.hidden = !sentence;
    banner.dataset.kind = name === "lost" ? "grave" : "mild";
    now.hidden = name !== "lost" || !retryAt;
    write(words, sentence);
  }

  #isMeasuring = false;

  /** The meter moves with the screen while somebody talks, and nothing does otherwise. */
  #measure() {
    if (this.#isMeasuring) return;
    this.#isMeasuring = true;
    const step = () => {
      this.#isMeasuring = this.#shift.isTalking;
      this.#views.stage.tickLevel();
      if (this.#isMeasuring) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  // MARK: Doing

  #press(action) {
    const shift = this.#shift;
    switch (action) {
      case "help": return this.#keys.open();
      case "accept": return shift.accept();
      case "decline": return shift.decline();
      case "mute": return shift.isTalking && (shift.isMuted = !shift.isMuted);
      case "hangUp": return shift.hangUp();
      case "status": return shift.isAgent && (shift.presence.isOnline ? shift.goAway() : shift.goOnline());
    }
  }

  async #logOut() {
    const shift = this.#shift;
    this.#close();
    const gone = shift.end();
    logIn();
    await gone;
  }

  /** The token is good for nothing any more; a call that is going on is not ended for that. */
  #sessionEnded() {
    if (this.#shift.isTalking) return void this.#end.push(this.#watchForEnd());
    this.#close();
    this.#shift.close();
    logIn(texts.login.expired);
  }

  #watchForEnd() {
    const timer = setInterval(() => {
      if (this.#shift.isTalking) return;
      clearInterval(timer);
      this.#sessionEnded();
    }, 1000);
    return () => clearInterval(timer);
  }

  #close() {
    this.#isLoggedOut = true;
    for (const end of this.#end.splice(0)) end();
  }
}

function work(session) {
  new Desk(session);
}

// MARK: Beginning

/** What the demo page hands to the window that it opens: an agent of the demo, whose password stands on that page. */
const handed = new Kept("demo");

dress();
// Browsers may bring a page back as it was left, with a line that is long dead.
window.addEventListener("pageshow", ({ persisted }) => persisted && location.reload());
const session = Session.restore(base);
const demo = handed.value;
handed.forget();
if (demo) logIn().enter(demo, false);
else if (session && (!parameters.get("uuid") || parameters.get("uuid").toLowerCase() === session.uuid)) work(session);
else logIn();
