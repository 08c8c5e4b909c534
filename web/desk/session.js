// From login to logout: the token, what it may be used for, and the questions that are asked with it.
import { Kept } from "./kept.js";

/** A token is renewed when this much of its life is left, in milliseconds, and looked at this often. */
const renewTime = 6 * 3600_000, lookTime = 300_000;

/** An answer that is none: its HTTP status, 0 where the server was not reached, and its sentence. */
export class Failure extends Error {
  constructor(status, sentence, retryAfter) {
    super(sentence);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

async function ask(url, { token, ...request }) {
  const headers = { ...request.headers, ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  let answer;
  try {
    answer = await fetch(url, { cache: "no-store", credentials: "omit", ...request, headers });
  } catch {
    throw new Failure(0, "The server cannot be reached.");
  }
  const body = answer.status === 204 ? undefined : await answer.json().catch(() => undefined);
  if (answer.ok) return body;
  throw new Failure(answer.status, body?.detail ?? body?.title ?? answer.statusText, Number(answer.headers.get("Retry-After")) || 0);
}

const post = (body) => ({ method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

export class Session {
  static #kept = new Kept("session");
  /** Called once when the token is good for nothing any more. */
  onEnd;
  /** Called when there is a fresh token. */
  onRenew;
  #base;
  #login;
  #timer;

  /** @param login what `POST /api/login` answered: token, expiresAt, role, uuid, user, company */
  constructor(base, login) {
    this.#base = base;
    this.#login = login;
    this.#timer = setInterval(() => this.#look(), lookTime);
    document.addEventListener("visibilitychange", this.#look);
    // Another tab of the same desk renewed it, or logged out.
    Session.#kept.watch((login) => {
      if (login?.user === this.user && login.uuid === this.uuid) {
        this.#login = login;
        this.onRenew?.();
      } else if (!login) this.#end();
    });
  }

  /** Logs in; throws a `Failure`. `isOnDevice` says whether it is remembered when the browser is closed. */
  static async logIn(base, who, isOnDevice) {
    const login = await ask(`${base}api/login`, post(who));
    Session.#kept.keep(login, isOnDevice);
    return new Session(base, login);
  }

  /** The login of this tab or device, unless it is over. */
  static restore(base) {
    const login = Session.#kept.value;
    if (!login?.token || Date.parse(login.expiresAt) <= Date.now()) return undefined;
    const session = new Session(base, login);
    session.#look();
    return session;
  }

  get uuid() { return this.#login.uuid; }
  get user() { return this.#login.user; }
  get role() { return this.#login.role; }
  get company() { return this.#login.company; }
  get token() { return this.#login.token; }
  /** Whether the token is good for nothing any more. */
  get isOver() { return !this.#timer; }
  get isAgent() { return this.role === "agent"; }

  /** Asks below this company's address; throws a `Failure`. */
  async get(path, query = {}) {
    const parameters = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== undefined && value !== ""));
    const url = `${this.#base}api/tenants/${encodeURIComponent(this.uuid)}/${path}${parameters.size ? `?${parameters}` : ""}`;
    try {
      return await ask(url, { token: this.token });
    } catch (failure) {
      if (failure.status === 401) this.#end();
      throw failure;
    }
  }

  #look = () => {
    if (Date.parse(this.#login.expiresAt) - Date.now() < renewTime) this.renew().catch(() => {});
  };

  /** Takes a fresh token; throws a `Failure`. */
  async renew() {
    try {
      this.#login = { ...this.#login, ...(await ask(`${this.#base}api/login/renew`, { method: "POST", token: this.token })) };
      if (this.#timer) Session.#kept.keep(this.#login, Session.#kept.isOnDevice);
      this.onRenew?.();
    } catch (failure) {
      if (failure.status === 401) this.#end();
      throw failure;
    }
  }

  /** The server says that the token is good for nothing any more. */
  ended() {
    this.#end();
  }

  /** Logs out; the token is revoked where the server can be reached. */
  async logOut() {
    this.#forget();
    await ask(`${this.#base}api/logout`, { method: "POST", token: this.token, keepalive: true }).catch(() => {});
  }

  #end() {
    if (!this.#timer) return;
    this.#forget();
    this.onEnd?.();
  }

  #forget() {
    clearInterval(this.#timer);
    this.#timer = undefined;
    document.removeEventListener("visibilitychange", this.#look);
    Session.#kept.forget();
  }
}
