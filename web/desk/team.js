// Who else is at work: as the server tells it to desks, or asked for again and again by who has none.
const pollTime = 10_000;

export class Team {
  /** By id: id, displayName, state, reason, and since when if we saw it change. */
  agents = new Map();
  /** `loading`, `there`, or `failed`. */
  name = "loading";
  #session;
  #report;
  #timer;

  constructor(session, report) {
    this.#session = session;
    this.#report = report;
  }

  /** Asks, and goes on asking if nobody will tell. */
  begin() {
    this.load();
    if (!this.#session.isAgent) this.#timer = setInterval(() => document.hidden || this.load(), pollTime);
  }

  close() {
    clearInterval(this.#timer);
  }

  async load() {
    try {
      const found = [];
      let after;
      do {
        const page = await this.#session.get("agents", { limit: 200, after });
        found.push(...page.items);
        after = page.next;
      } while (after);
      this.adopt(found);
    } catch {
      if (this.name === "loading") this.name = "failed";
      this.#report();
    }
  }

  adopt(list) {
    const before = this.agents;
    this.agents = new Map();
    for (const agent of list) {
      const known = before.get(agent.id);
      const hasChanged = known && (known.state !== agent.state || known.reason !== agent.reason);
      this.agents.set(agent.id, { ...known, ...agent, since: hasChanged ? Date.now() : known?.since });
    }
    this.name = "there";
    this.#report();
  }

  /** One agent's state changed. */
  hear({ agentId, displayName, state, reason }) {
    const known = this.agents.get(agentId);
    const since = known?.state === state && known?.reason === reason ? known.since : Date.now();
    this.agents.set(agentId, { ...known, id: agentId, displayName: displayName ?? known?.displayName, state, reason, since });
    this.#report();
  }

  /** Whoever can be called first, then who talks, then who is away; the names in between as one looks for them. */
  get inOrder() {
    const order = ["available", "ringing", "busy", "paused", "offline"];
    const name = ({ displayName, id }) => displayName || id;
    return [...this.agents.values()].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || name(a).localeCompare(name(b)));
  }
}
