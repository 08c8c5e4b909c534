// The bell: a tone made here, on the device that was chosen for it.
import { preferences } from "./kept.js";

/** Two strokes and a rest, in seconds: when each note begins, how high it is. */
const notes = [[0, 784], [0.14, 988], [0.28, 1175], [0.7, 784], [0.84, 988], [0.98, 1175]];
const period = 3, decay = 0.55;

/** One period of the ring. A loop in the sound card's own time needs no timers, which browsers slow down behind other windows. */
function record(context) {
  const { sampleRate } = context;
  const buffer = context.createBuffer(1, period * sampleRate, sampleRate);
  const samples = buffer.getChannelData(0);
  for (const [at, frequency] of notes) {
    const first = Math.round(at * sampleRate), count = Math.round(decay * sampleRate);
    for (let index = 0; index < count; index++) {
      const time = index / sampleRate;
      const loudness = Math.min(1, time / 0.004) * Math.exp(-time * 7) * (1 - index / count);
      const phase = 2 * Math.PI * frequency * time;
      samples[first + index] += 0.32 * loudness * (Math.sin(phase) + 0.3 * Math.sin(2 * phase) + 0.12 * Math.sin(4.1 * phase));
    }
  }
  return buffer;
}

export class Ringer {
  /** Called when the browser lets us make sounds. */
  onUnlock;
  #context;
  #buffer;
  #source;
  #gain;
  #audio;

  /** Makes ready; the browser lets sounds begin only once somebody touched the page. */
  unlock = async () => {
    this.#context ??= new AudioContext();
    if (this.#context.state !== "running") {
      // Without a touch this neither succeeds nor fails.
      this.#context.onstatechange = () => this.isUnlocked && this.onUnlock?.();
      await this.#context.resume().catch(() => {});
    }
    if (this.isUnlocked) this.onUnlock?.();
  };

  get isUnlocked() {
    return this.#context?.state === "running";
  }

  get isRinging() {
    return Boolean(this.#source);
  }

  /** Rings until it is stopped, or once. */
  start({ isLooped = true } = {}) {
    this.stop();
    if (!this.isUnlocked || !preferences.volume) return;
    this.#buffer ??= record(this.#context);
    this.#gain = this.#context.createGain();
    this.#gain.gain.value = preferences.volume ** 2;
    this.#gain.connect(this.#output());
    this.#source = Object.assign(this.#context.createBufferSource(), { buffer: this.#buffer, loop: isLooped });
    this.#source.connect(this.#gain);
    this.#source.onended = () => this.stop();
    this.#source.start();
  }

  stop() {
    if (!this.#source) return;
    this.#source.onended = null;
    this.#source.stop();
    this.#source = undefined;
    this.#gain.disconnect();
    this.#audio?.pause();
    this.#audio = undefined;
  }

  /** The loudspeaker that was chosen for ringing, by way of an audio element; the system's own where none was or it is gone. */
  #output() {
    if (!preferences.ringer || !HTMLMediaElement.prototype.setSinkId) return this.#context.destination;
    const way = this.#context.createMediaStreamDestination();
    const audio = document.createElement("audio");
    this.#audio = audio;
    audio.srcObject = way.stream;
    audio.setSinkId(preferences.ringer).catch(() => {}).then(() => this.#audio === audio && audio.play()).catch(() => {});
    return way;
  }
}
