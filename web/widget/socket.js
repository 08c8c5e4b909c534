// A small client of Socket.IO 5 over Engine.IO 4: WebSocket, and long-polling where that is blocked. One namespace, text only.

/** How long one way to the gateway may take, from its start to the namespace. */
const connectTime = 5000;
/** The pauses between attempts, each spread by a quarter so that not everybody comes back at once. */
const pauses = [500, 1000, 2000];

/** Where polling worked and WebSocket had not, the latter is left alone for ten minutes: the next call does not wait for it again. */
const blockedTime = 600_000;
let blockedUntil = 0;

const unreachable = () => Object.assign(new Error("The gateway cannot be reached."), { reason: "unreachable" });

class WebSocketLine {
  #socket;

  constructor(base) {
    this.#socket = new WebSocket(`${base.replace(/^http/, "ws")}socket.io/?EIO=4&transport=websocket`);
    this.#socket.onmessage = ({ data }) => this.onText?.(data);
    // Where a policy blocks it, Chromium tells an error and no close.
    this.#socket.onerror = this.#socket.onclose = () => this.onClose?.();
  }

  send(text) {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(text);
  }

  close() {
    this.send("41");
    this.#socket.close();
  }

  /** Ends a line that brings nothing any more, without a goodbye: the gateway is to wait for the next one. */
  abandon() {
    this.#socket.close(4000, "lost");
  }
}

class PollingLine {
  #url;
  #waiting = [];
  #isPosting = false;
  #isOver = false;
  #end = new AbortController();

  constructor(base) {
    this.#url = `${base}socket.io/?EIO=4&transport=polling`;
    this.#listen();
  }

  async #listen() {
    try {
      while (!this.#isOver) {
        for (const text of (await this.#fetch({ signal: this.#end.signal })).split("\x1e")) {
          if (text[0] === "0") this.#url += `&sid=${encodeURIComponent(JSON.parse(text.slice(1)).sid)}`;
          this.onText?.(text);
        }
      }
    } catch {
      this.onClose?.();
    }
  }

  async #fetch(request) {
    const answer = await fetch(this.#url, { cache: "no-store", credentials: "omit", ...request });
    if (!answer.ok) throw unreachable();
    return answer.text();
  }

  async send(text) {
    this.#waiting.push(text);
    if (this.#isPosting) return;
    this.#isPosting = true;
    try {
      while (this.#waiting.length) await this.#fetch({ method: "POST", body: this.#waiting.splice(0).join("\x1e") });
    } catch {
      this.onClose?.();
    }
    this.#isPosting = false;
  }

  /** Says goodbye in a request that outlives the page, and only then stops listening. */
  close() {
    this.#isOver = true;
    const body = [...this.#waiting.splice(0), "41", "1"].join("\x1e");
    const goodbye = this.#url.includes("&sid=") ? this.#fetch({ method: "POST", body, keepalive: true }) : Promise.resolve();
    goodbye.catch(() => {}).finally(() => this.#end.abort());
  }

  abandon() {
    this.#isOver = true;
    this.#end.abort();
  }
}

export class Socket {
  #base;
  #line;
  #isClosed = false;
  #lastId = 0;
  #requests = new Map();
  #silence;
  #patience = 45_000;
  /** Called with the name and the body of each event. */
  onEvent;
  /** Called once when an open connection is lost. */
  onLoss;

  constructor(base) {
    this.#base = base;
  }

  /** Connects; throws an error whose `reason` is `unreachable` when it gives up. */
  async open() {
    for (const pause of [...pauses, 0]) {
      if (Date.now() > blockedUntil && (await this.#connect(WebSocketLine))) return;
      if (await this.#connect(PollingLine)) return void (blockedUntil = Date.now() + blockedTime);
      if (this.#isClosed) break;
      await new Promise((resolve) => setTimeout(resolve, pause * (0.75 + Math.random() / 2)));
    }
    throw unreachable();
  }

  /** Sends an event and waits for its acknowledgement; throws `unreachable` when none comes in `time` milliseconds. */
  request(name, body, time) {
    return new Promise((resolve, reject) => {
      const id = this.#lastId++;
      const timer = setTimeout(() => this.#settle(id, "reject", unreachable()), time);
      this.#requests.set(id, { resolve, reject, timer });
      this.#line?.send(`42${id}${JSON.stringify([name, body])}`);
    });
  }

  send(name, body) {
    this.#line?.send(`42${JSON.stringify([name, body])}`);
  }

  close() {
    this.#end((line) => line.close());
  }

  /** Ends without a goodbye: the gateway keeps the call for the next connection. */
  abandon() {
    this.#end((line) => line.abandon());
  }

  #end(part) {
    this.#isClosed = true;
    clearTimeout(this.#silence);
    const line = this.#line;
    this.#line = undefined;
    if (line) {
      line.onClose = line.onText = undefined;
      part(line);
    }
    for (const id of this.#requests.keys()) this.#settle(id, "reject", unreachable());
  }

  // MARK: One connection

  /** Whether that kind of line reached the namespace. */
  #connect(Line) {
    return new Promise((resolve) => {
      if (this.#isClosed) return resolve(false);
      let line, timer;
      const finish = (isConnected) => {
        clearTimeout(timer);
        if (line) line.onClose = isConnected ? () => this.#lose() : undefined;
        if (!isConnected || this.#isClosed) line?.close();
        else this.#line = line;
        resolve(isConnected && !this.#isClosed);
      };
      try {
        line = new Line(this.#base);
      } catch {
        // A policy of the page may forbid even the attempt.
        return finish(false);
      }
      timer = setTimeout(finish, connectTime, false);
      line.onClose = () => finish(false);
      line.onText = (text) => {
        if (text.startsWith("40") && !this.#line) finish(true);
        this.#receive(text, line);
      };
    });
  }

  #receive(text, line) {
    switch (text[0]) {
      case "0": {
        const { pingInterval, pingTimeout } = JSON.parse(text.slice(1));
        this.#patience = pingInterval + pingTimeout;
        line.send("40");
        break;
      }
      case "1":
        this.#lose();
        return;
      case "2":
        line.send(`3${text.slice(1)}`);
        break;
      case "4":
        this.#receivePacket(text.slice(1));
        break;
    }
    // The server speaks at least once in this time; a connection that is silent for longer is none.
    clearTimeout(this.#silence);
    if (this.#line) this.#silence = setTimeout(() => this.#lose(), this.#patience);
  }

  #receivePacket(text) {
    const [, kind, id, payload] = /^(\d)(\d*)(.*)$/s.exec(text) ?? [];
    if (kind === "1") this.#lose();
    if (kind === "2") this.onEvent?.(...JSON.parse(payload));
    if (kind === "3") this.#settle(Number(id), "resolve", JSON.parse(payload)[0]);
  }

  #settle(id, outcome, value) {
    const request = this.#requests.get(id);
    this.#requests.delete(id);
    clearTimeout(request?.timer);
    request?.[outcome](value);
  }

  #lose() {
    if (this.#isClosed || !this.#line) return;
    this.abandon();
    this.onLoss?.();
  }
}
