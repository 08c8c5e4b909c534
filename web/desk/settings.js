// Which devices, how loud, which language: what one sets once and rarely again. And the list of keys.
import { Attention } from "./attention.js";
import { microphoneConstraints, prefer, preferences } from "./kept.js";
import { button, element, icon, write } from "./parts.js";
import { stop } from "../widget/voice.js";

const languages = { en: "English", de: "Deutsch", es: "Español", fr: "Français" };

/** A window over the page, with a heading and a cross. */
export function dialog(title, close, ...children) {
  const made = element("dialog", { "aria-label": title },
    element("header", {}, element("h2", {}, title), button({ kind: "quiet", sign: "close", "aria-label": close, title: close, click: () => made.close() })),
    ...children);
  // A click beside the window closes it.
  made.addEventListener("click", ({ target }) => target === made && made.close());
  return made;
}

export class Settings {
  root;
  #texts;
  #shift;
  #parts;
  #trial;

  /** @param applied called when language or looks were changed, with what was */
  constructor({ shift, texts, applied }) {
    [this.#shift, this.#texts] = [shift, texts];
    this.#build(applied);
  }

  async open() {
    this.#showNotifications();
    this.root.showModal();
    await this.#listDevices();
  }

  #build(applied) {
    const { settings: texts, close } = this.#texts;
    const field = (name, label, control, ...after) => element("p", { class: "field" }, element("label", { for: name }, label), control, ...after);
    const choice = (name, label, options, change, ...after) => {
      const select = element("select", { id: name, change: () => change(select.value) },
        ...options.map(([value, words]) => element("option", { value }, words)));
      return Object.assign(select, { row: field(name, label, select, ...after) });
    };
    const devices = (name, kind, label, ...after) => choice(name, label, [], async (id) => {
      prefer({ [name]: id });
      if (kind === "audioinput" && this.#trial) await this.#try();
      await this.#shift.changeDevices();
    }, ...after);
    const bar = element("span", { class: "bar" });
    const scale = { role: "meter", "aria-label": texts.microphone, "aria-valuemin": "0", "aria-valuemax": "100" };
    const meter = element("div", { class: "meter", ...scale, hidden: true }, icon("microphone"), bar);
    const trial = button({ words: texts.test, click: () => this.#trial ? this.#endTrial() : this.#try() });
    const trialNote = element("small", { role: "status", hidden: true });
    const microphone = devices("microphone", "audioinput", texts.microphone, trial, meter, trialNote);
    const speaker = devices("speaker", "audiooutput", texts.speaker);
    const ringer = devices("ringer", "audiooutput", texts.ringer);
    const volume = element("input", { type: "range", id: "volume", min: "0", max: "1", step: "0.05", change: () => prefer({ volume: Number(volume.value) }) });
    const language = choice("language", texts.language, [["", texts.ownLanguage], ...Object.entries(languages)],
      (value) => (prefer({ language: value }), applied("language")));
    const theme = choice("theme", texts.theme, Object.entries(texts.themes), (value) => (prefer({ theme: value }), applied("theme")));
    const keys = element("input", { type: "checkbox", id: "keys", change: () => prefer({ hasKeys: keys.checked }) });
    const notifications = element("span", {});
    const allow = button({ words: this.#texts.stage.notify, click: async () => {
      await Attention.ask();
      this.#showNotifications();
    } });
    [volume.value, language.value, theme.value, keys.checked] = [preferences.volume, preferences.language, preferences.theme, preferences.hasKeys];
    this.#parts = { microphone, speaker, ringer, language, meter, bar, trial, trialNote, notifications, allow };
    const forAgents = [
      microphone.row, speaker.row, ringer.row,
      field("volume", texts.volume, volume, button({ sign: "bell", words: texts.ring, click: async () => {
        await this.#shift.ringer.unlock();
        this.#shift.ringer.start({ isLooped: false });
      } })),
      element("p", { class: "field" }, element("b", {}, texts.notifications), notifications, allow),
      element("p", { class: "choice" }, keys, element("label", { for: "keys" }, texts.keys), element("small", {}, texts.keysNote)),
    ];
    this.root = dialog(texts.title, close, element("div", { class: "fields" }, ...(this.#shift.isAgent ? forAgents : []), language.row, theme.row));
    this.root.addEventListener("close", () => {
      this.#endTrial();
      if (this.#shift.call?.name !== "ringing") this.#shift.ringer.stop();
    });
  }

  #showNotifications() {
    const { settings: texts } = this.#texts, { permission } = Attention;
    write(this.#parts.notifications, permission === "granted" ? texts.notificationsOn
      : permission === "default" ? texts.notificationsOff : texts.notificationsBlocked);
    this.#parts.allow.hidden = permission !== "default";
    this.#parts.language.disabled = this.#shift.isTalking;
  }

  async #listDevices() {
    const { settings: texts } = this.#texts;
    const all = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
    const canChoose = "setSinkId" in HTMLMediaElement.prototype;
    for (const [name, kind] of [["microphone", "audioinput"], ["speaker", "audiooutput"], ["ringer", "audiooutput"]]) {
      const select = this.#parts[name];
      // The browser names its own standard "default"; without leave to hear, devices have no names.
      const devices = all.filter((device) => device.kind === kind && device.deviceId && device.deviceId !== "default");
      select.replaceChildren(element("option", { value: "" }, texts.standard),
        ...devices.map(({ deviceId, label }, index) => element("option", { value: deviceId }, label || texts.device(index + 1))));
      select.value = devices.some(({ deviceId }) => deviceId === preferences[name]) ? preferences[name] : "";
      select.row.hidden = kind === "audiooutput" && !canChoose;
    }
  }

  // MARK: Trying the microphone

  async #try() {
    this.#endTrial();
    const { trial, meter, bar, trialNote } = this.#parts, { settings: texts } = this.#texts;
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia(microphoneConstraints());
    } catch {
      return this.#shift.checkMicrophone();
    }
    const context = new AudioContext(), analyser = context.createAnalyser();
    context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      const level = Math.min(1, Math.sqrt(samples.reduce((peak, sample) => Math.max(peak, Math.abs(sample)), 0)) * 1.2);
      bar.style.setProperty("--level", level.toFixed(2));
      meter.setAttribute("aria-valuenow", String(Math.round(level * 100)));
    }, 80);
    this.#trial = () => {
      clearInterval(timer);
      stop(stream);
      context.close();
    };
    meter.hidden = false;
    trial.textContent = texts.stopTest;
    write(trialNote, texts.testNote);
    await this.#listDevices();
  }

  #endTrial() {
    const { trial, meter, trialNote } = this.#parts;
    this.#trial?.();
    this.#trial = undefined;
    meter.hidden = true;
    trial.textContent = this.#texts.settings.test;
    write(trialNote);
  }
}

// MARK: Keys

/** What each key does; letters, so that they lie under the same finger whatever the language is. */
export const keys = { a: "accept", d: "decline", m: "mute", h: "hangUp", o: "status", "?": "help" };

export function keysDialog({ keys: texts, close }) {
  const off = element("p", { class: "notice", hidden: true }, texts.off);
  const made = dialog(texts.title, close, off, element("dl", { class: "keys" },
    ...Object.entries(keys).flatMap(([key, action]) => [element("dt", {}, element("kbd", {}, key.toUpperCase())), element("dd", {}, texts[action])])),
  element("p", { class: "hint" }, texts.note));
  return { root: made, open: () => {
    off.hidden = preferences.hasKeys;
    made.showModal();
  } };
}

/** Does what a key means, unless somebody types, a window is open, or the key is meant for the browser. */
export function listenToKeys(act) {
  const listen = (event) => {
    const isTyping = event.target.closest?.("input, textarea, select, [contenteditable]");
    const action = keys[event.key.toLowerCase()];
    if (!action || isTyping || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (!preferences.hasKeys || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    act(action);
  };
  document.addEventListener("keydown", listen);
  return () => document.removeEventListener("keydown", listen);
}
