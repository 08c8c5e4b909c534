// Who is there: everybody of the company, and what each of them does at present.
import { element, fill, portrait, secondsSince, span } from "./parts.js";

export class Colleagues {
  root;
  #texts;
  #shift;
  #parts;
  #rows = new Map();

  constructor({ shift, texts }) {
    [this.#shift, this.#texts] = [shift, texts];
    const list = element("ul", { class: "people" });
    const count = element("span", { class: "count" });
    this.#parts = { list, count };
    this.root = element("section", { class: "team", "aria-label": texts.team.title }, element("header", {}, element("h2", {}, texts.team.title), count), list);
  }

  show() {
    const { team, session } = this.#shift, { team: texts, loading } = this.#texts;
    const { list, count } = this.#parts;
    const people = team.inOrder;
    const rows = new Map();
    for (const agent of people) {
      const text = JSON.stringify([agent, agent.id === session.user]);
      const before = this.#rows.get(agent.id);
      rows.set(agent.id, before?.text === text ? before : { text, ...this.#row(agent) });
    }
    this.#rows = rows;
    const message = (title, note = "") => element("li", { class: "empty" }, element("h3", {}, title), element("p", {}, note));
    fill(list, ...(people.length ? [...rows.values()].map(({ row }) => row)
      : [team.name === "loading" ? element("li", { class: "empty" }, loading)
        : team.name === "failed" ? message(texts.failed) : message(texts.none, texts.noneNote)]));
    count.textContent = people.length ? texts.available(people.filter(({ state }) => state === "available").length, people.length) : "";
    this.tick();
  }

  #row({ id, displayName, state, reason, since }) {
    const { team: texts } = this.#texts;
    const name = displayName || id;
    const clock = element("span", { class: "since" });
    const isSelf = this.#shift.isAgent && id === this.#shift.session.user;
    const row = element("li", { class: `person ${state}` }, portrait(name),
      element("span", { class: "name" }, name, ...(isSelf ? [" ", element("small", {}, `(${texts.you})`)] : [])),
      element("span", { class: "state" }, element("span", { class: "dot" }), state === "paused" && reason ? reason : texts.states[state] ?? state, clock));
    return { row, clock, since: state === "offline" ? undefined : since };
  }

  tick() {
    for (const { clock, since } of this.#rows.values()) {
      const words = since ? ` ${span(secondsSince(since))}` : "";
      if (clock.textContent !== words) clock.textContent = words;
    }
  }
}
