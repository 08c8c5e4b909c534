// The company's calls, newest first: who called, who answered, how it ended and how it sounded.
import { button, clock, element, fill, icon, pageLink, quality, write } from "./parts.js";

const pageSize = 40;
const pollTime = 20_000;
const day = 86_400_000;

/** What the server is asked for an outcome that is no single way to end. */
const answers = { answered: true, missed: false };

export class History {
  root;
  #texts;
  #shift;
  #language;
  #parts;
  #calls = [];
  #next;
  #name = "loading";
  #filter = { agent: "", outcome: "all", day: "" };
  #open = new Set();
  #rows = new Map();
  #question = 0;
  #timer;

  constructor({ shift, texts, language }) {
    [this.#shift, this.#texts, this.#language] = [shift, texts, language];
    this.#build();
    shift.onCallsChanged = () => this.refresh();
    if (!shift.isAgent) this.#timer = setInterval(() => document.hidden || this.refresh(), pollTime);
  }

  close() {
    clearInterval(this.#timer);
  }

  // MARK: Building

  #build() {
    const { calls: texts } = this.#texts;
    const agent = element("select", { "aria-label": texts.agent, change: () => this.#choose({ agent: agent.value }) },
      element("option", { value: "" }, texts.everyone));
    const outcome = element("select", { "aria-label": texts.outcome, change: () => this.#choose({ outcome: outcome.value }) },
      ...Object.entries(texts.outcomes).map(([value, words]) => element("option", { value }, words)));
    const date = element("input", { type: "date", "aria-label": texts.day, change: () => this.#choose({ day: date.value }) });
    const list = element("div", { class: "list" });
    const message = element("div", { class: "empty", hidden: true });
    const more = button({ kind: "more", words: texts.more, click: () => this.#load() });
    this.#parts = { agent, outcome, date, list, message, more };
    this.root = element("section", { class: "calls", "aria-label": texts.title },
      element("header", {}, element("h2", {}, texts.title),
        element("div", { class: "filters", role: "group", "aria-label": texts.title }, agent, outcome, date)),
      list, message, more);
    // Whoever scrolls to the end gets more without asking.
    const look = (entries) => entries.some(({ isIntersecting }) => isIntersecting) && !more.hidden && this.#load();
    new IntersectionObserver(look, { rootMargin: "200px" }).observe(more);
  }

  #choose(changes) {
    Object.assign(this.#filter, changes);
    const { agent, outcome, date } = this.#parts;
    [agent.value, outcome.value, date.value] = [this.#filter.agent, this.#filter.outcome, this.#filter.day];
    [this.#calls, this.#next, this.#name] = [[], undefined, "loading"];
    this.show();
    this.#load({ isAnew: true });
  }

  get #isFiltered() {
    return this.#filter.agent || this.#filter.outcome !== "all" || Boolean(this.#filter.day);
  }

  // MARK: Loading

  begin() {
    this.show();
    this.#load({ isAnew: true });
  }

  #query(after) {
    const { agent, outcome, day: date } = this.#filter;
    const from = date ? new Date(`${date}T00:00`) : undefined;
    const to = from && new Date(from.getFullYear(), from.getMonth(), from.getDate() + 1);
    return {
      limit: pageSize, after, agent, answered: answers[outcome], reason: outcome === "all" || outcome in answers ? undefined : outcome,
      from: from?.toISOString(), to: to?.toISOString(),
    };
  }

  /** The next page, or the first one. */
  async #load({ isAnew = false } = {}) {
    if (this.#name === "more" || this.#name === "loading" && !isAnew) return;
    const question = ++this.#question;
    this.#name = isAnew ? "loading" : "more";
    try {
      const { items, next } = await this.#shift.session.get("calls", this.#query(isAnew ? undefined : this.#next));
      if (question !== this.#question) return;
      this.#calls = isAnew ? items : [...this.#calls, ...items];
      this.#next = next ?? undefined;
      this.#name = "there";
    } catch {
      if (question === this.#question) this.#name = "failed";
    }
    this.show();
  }

  /** The newest ones again, beside those that are there. */
  async refresh() {
    if (this.#name !== "there") return this.#name === "failed" ? this.#load({ isAnew: true }) : undefined;
    const question = this.#question;
    const page = await this.#shift.session.get("calls", this.#query()).catch(() => undefined);
    if (!page || question !== this.#question) return;
    const fresh = page.items, known = new Set(fresh.map(({ id }) => id));
    if (this.#calls.length === 0) this.#next = page.next ?? undefined;
    // A gap of more than a page between then and now is filled from the beginning.
    const meets = !page.next || this.#calls.some(({ id }) => known.has(id));
    if (!meets && this.#calls.length) [this.#calls, this.#next] = [fresh, page.next];
    else this.#calls = [...fresh, ...this.#calls.filter(({ id }) => !known.has(id))];
    this.show();
  }

  // MARK: Showing

  show() {
    const { list, more } = this.#parts;
    this.#showAgents();
    const groups = new Map();
    for (const call of this.#calls) {
      const date = new Date(call.startedAt).toDateString();
      groups.set(date, [...(groups.get(date) ?? []), call]);
    }
    const rows = new Map();
    const children = [...groups].flatMap(([date, calls]) => {
      const heading = this.#reuse(rows, date, this.#dayName(date), (words) => element("h3", {}, words));
      const items = calls.map((call) => {
        const content = { ...call, agentName: this.#agentName(call.agent), isOpen: this.#open.has(call.id) };
        return this.#reuse(rows, call.id, content, (call) => this.#row(call));
      });
      return [heading, ...items];
    });
    const focused = document.activeElement?.closest?.("[data-call]")?.dataset.call;
    this.#rows = rows;
    fill(list, ...children);
    // A row that was drawn anew under the focus keeps it.
    if (focused && !list.contains(document.activeElement)) list.querySelector(`[data-call="${CSS.escape(focused)}"] button`)?.focus();
    more.hidden = !this.#next || this.#name === "failed" || this.#calls.length === 0;
    list.setAttribute("aria-busy", String(this.#name === "loading"));
    this.#showMessage();
  }

  /** Whose calls may be chosen: everybody's of the team by name, one's own first. */
  #showAgents() {
    const { agent } = this.#parts;
    const { isAgent, session: { user }, team } = this.#shift;
    const others = team.inOrder.filter(({ id }) => !isAgent || id !== user).map(({ id, displayName }) => [id, displayName || id]);
    const people = [...(isAgent ? [[user, this.#texts.calls.mine]] : []), ...others.sort(([, one], [, other]) => one.localeCompare(other))];
    const text = JSON.stringify(people);
    if (text === this.#shownPeople) return;
    this.#shownPeople = text;
    agent.replaceChildren(agent.options[0], ...people.map(([value, words]) => element("option", { value }, words)));
    agent.value = this.#filter.agent;
  }
  #shownPeople;

  /** The row of before where nothing in it changed. */
  #reuse(rows, key, content, make) {
    const text = JSON.stringify(content);
    const before = this.#rows.get(key);
    const entry = before?.text === text ? before : { text, row: make(content) };
    rows.set(key, entry);
    return entry.row;
  }

  #showMessage() {
    const { message } = this.#parts, { calls: texts, retry, loading } = this.#texts;
    const say = (sign, title, note, action) =>
      [element("span", { class: "sign" }, icon(sign)), element("h3", {}, title), note && element("p", {}, note), action].filter(Boolean);
    const showAll = () => this.#choose({ agent: "", outcome: "all", day: "" });
    const parts = this.#name === "failed" ? say("warning", texts.failed, "", button({ words: retry, click: () => this.#choose({}) }))
      : this.#calls.length ? []
      : this.#name === "loading" ? [element("p", { class: "loading", role: "status" }, loading), ...[1, 2, 3, 4].map(() => element("span", { class: "ghost" }))]
      : this.#isFiltered ? say("call", texts.noMatch, texts.noMatchNote, button({ words: texts.clear, click: showAll }))
      : say("call", texts.none, texts.noneNote);
    message.dataset.shows = this.#name;
    message.hidden = parts.length === 0;
    // What stands there already is left alone, with the focus that may be in it.
    const key = parts.map(({ textContent }) => textContent).join("|");
    if (this.#shownMessage !== key) message.replaceChildren(...parts);
    this.#shownMessage = key;
  }
  #shownMessage;

  #dayName(date) {
    const { today, yesterday } = this.#texts.calls;
    const begun = new Date(date), now = new Date();
    const days = Math.round((new Date(now.toDateString()) - begun) / day);
    if (days === 0) return today;
    if (days === 1) return yesterday;
    const isThisYear = begun.getFullYear() === now.getFullYear();
    return begun.toLocaleDateString(this.#language, { weekday: "long", day: "numeric", month: "long", year: isThisYear ? undefined : "numeric" });
  }

  #agentName(id) {
    return id ? this.#shift.team.agents.get(id)?.displayName || id : "";
  }

  #row(call) {
    const { calls: texts, stage } = this.#texts;
    const isAnswered = Boolean(call.answeredAt);
    const at = new Date(call.startedAt);
    const place = call.page ? pageLink(call.page).textContent : "";
    const look = !call.endedAt ? "live" : isAnswered ? "answered" : "missed";
    const said = { live: texts.now, answered: texts.answered, missed: texts.missed }[look];
    const outcome = look === "live" ? texts.now : isAnswered ? clock(call.talking ?? 0) : texts.outcomes[call.reason] ?? texts.missed;
    const id = `call-${call.id}`;
    return element("article", { class: `call ${look}`, "data-call": call.id },
      element("button", { type: "button", class: "summary", "aria-expanded": String(call.isOpen), "aria-controls": id, click: () => this.#toggle(call.id) },
        element("span", { class: "sign", role: "img", "aria-label": said }, icon(look === "live" ? "call" : look)),
        element("span", { class: "who" }, call.visitor || stage.unknown),
        element("span", { class: "where" }, place),
        element("span", { class: "agent" }, isAnswered && call.agentName ? call.agentName : ""),
        element("span", { class: "outcome" }, outcome),
        element("time", { datetime: call.startedAt }, at.toLocaleTimeString(this.#language, { hour: "2-digit", minute: "2-digit" }))),
      element("div", { class: "details", id, hidden: !call.isOpen }, ...(call.isOpen ? [this.#details(call)] : [])));
  }

  #toggle(id) {
    if (!this.#open.delete(id)) this.#open.add(id);
    this.show();
  }

  // MARK: One call's details

  #details(call) {
    const { calls: texts } = this.#texts;
    const at = new Date(call.startedAt).toLocaleString(this.#language, { dateStyle: "long", timeStyle: "medium" });
    const entries = [
      [texts.ending, call.endedAt ? texts.outcomes[call.reason] ?? call.reason : texts.now],
      [texts.started, at],
      [texts.rang, call.ringing ? clock(call.ringing) : undefined],
      [texts.talked, call.answeredAt && call.endedAt ? clock(call.talking ?? 0) : undefined],
      [texts.agent, call.agentName],
      [texts.team, call.team],
      [texts.extension, call.extension],
      [texts.page, call.page && pageLink(call.page)],
      [texts.note, call.note],
      ...(call.answeredAt && call.endedAt ? [[texts.visitorSound, this.#sound(call.legs?.visitor)], [texts.agentSound, this.#sound(call.legs?.agent)]] : []),
    ];
    return element("dl", {}, ...entries.filter(([, value]) => value).flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]));
  }

  #sound(leg) {
    const { calls: texts, quality: words } = this.#texts;
    const isHeard = typeof leg?.mos === "number";
    if (!leg || !isHeard && !leg.received) return texts.noSound;
    // Fewer than none were lost where some came twice.
    const lost = typeof leg.lost === "number" ? Math.max(0, leg.lost) : undefined;
    const share = lost !== undefined && leg.received + lost > 0 ? lost / (leg.received + lost) : undefined;
    const percent = share?.toLocaleString(this.#language, { style: "percent", maximumFractionDigits: share && share < 0.01 ? 2 : 1 });
    const rounded = (value) => typeof value === "number" ? Math.round(value) : undefined;
    const figures = [
      isHeard && `MOS ${leg.mos.toLocaleString(this.#language, { minimumFractionDigits: 1, maximumFractionDigits: 1 })}`,
      percent && texts.lost(percent), rounded(leg.jitter) !== undefined && texts.jitter(rounded(leg.jitter)),
      rounded(leg.roundTrip) !== undefined && texts.roundTrip(rounded(leg.roundTrip)), leg.codec,
    ].filter(Boolean).join(", ");
    const word = isHeard ? quality(leg.mos) : undefined;
    return element("span", { class: `quality ${word ?? ""}` }, ...(word ? [element("b", {}, words[word]), ", "] : []), figures);
  }
}
