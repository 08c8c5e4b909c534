// What this browser remembers. A browser that forbids storage remembers nothing, and everything else goes on.

function read(store, key) {
  try {
    return JSON.parse(window[store].getItem(key)) ?? undefined;
  } catch {
    return undefined;
  }
}

function write(store, key, value) {
  try {
    if (value === undefined) window[store].removeItem(key);
    else window[store].setItem(key, JSON.stringify(value));
  } catch {
    // Private windows and strict settings have no storage.
  }
}

/** A value under one name: for this tab, which survives a reload, or for this device, which survives everything. */
export class Kept {
  #key;

  constructor(name) {
    this.#key = `calldocker.desk.${name}`;
  }

  /** For this tab, else for this device. */
  get value() {
    return read("sessionStorage", this.#key) ?? read("localStorage", this.#key);
  }

  get isOnDevice() {
    return read("localStorage", this.#key) !== undefined;
  }

  keep(value, isOnDevice) {
    write("sessionStorage", this.#key, isOnDevice ? undefined : value);
    write("localStorage", this.#key, isOnDevice ? value : undefined);
  }

  forget() {
    this.keep(undefined);
  }

  /** Calls back when another tab of this device changed it. */
  watch(changed) {
    window.addEventListener("storage", ({ key }) => key === this.#key && changed(this.value));
  }
}

// MARK: Preferences

const kept = new Kept("preferences");

/** What the agent chose on this device: languages and looks, devices (by id, empty is the system's), the ring, the keys. */
export const preferences = {
  language: "", theme: "system", microphone: "", speaker: "", ringer: "", volume: 0.7, hasKeys: true, wasAskedToNotify: false, ...kept.value,
};

export function prefer(changes) {
  Object.assign(preferences, changes);
  kept.keep(preferences, true);
}

/** Which microphone, as `getUserMedia` has it; one that was unplugged is no reason to have none. */
export function microphoneConstraints() {
  const chosen = preferences.microphone ? { deviceId: { ideal: preferences.microphone } } : {};
  return { audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, ...chosen } };
}
