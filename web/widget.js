/* Calldocker's call button. A page embeds it with one line:
   <script src="https://gateway.example/widget.js" data-uuid="…" async></script>
   Only this file is loaded with the page; a click loads the rest from widget/. See docs/widget.md. */
(() => {
  "use strict";
  const script = document.currentScript;
  // A second copy, from a template and a tag manager perhaps, leaves the first alone.
  if (!script || typeof window.Calldocker?.hangUp === "function") return;
  const complain = (sentence) => console.error(`Calldocker: ${sentence}`);
  const options = { ...script.dataset };
  if (!options.uuid) return complain("the script tag has no data-uuid, so there is nobody to call.");
  if (!("adoptedStyleSheets" in document)) return complain("this browser is too old for the call button.");

  // The address from which this script came is the gateway, whatever stands in front of it.
  const base = new URL(".", script.src).href;
  const words = {
    en: ["Call Us", "We cannot be reached right now"],
    de: ["Anrufen", "Zurzeit nicht erreichbar"],
    es: ["Llámanos", "No disponible en este momento"],
    fr: ["Appelez-nous", "Injoignable pour le moment"],
  };
  const wanted = [options.lang, document.documentElement.lang, ...navigator.languages];
  const language = wanted.map((tag) => (tag ?? "").slice(0, 2).toLowerCase()).find((code) => code in words) ?? "en";
  const [callUs, unreachable] = words[language];
  const label = options.label || callUs;

  // MARK: The button

  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { all: initial !important; position: fixed !important; z-index: 2147483000 !important; inset: auto 0 0 auto !important;
      font: 400 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif !important; }
    :host([position="left"]) { inset: auto auto 0 0 !important; }
    [hidden] { display: none !important; }
    .launcher { display: flex; align-items: center; gap: 10px; box-sizing: border-box; min-height: 52px; max-width: calc(100vw - 32px);
      margin: 0 max(20px, env(safe-area-inset-right)) max(20px, env(safe-area-inset-bottom)) max(20px, env(safe-area-inset-left));
      padding: 0 22px 0 18px; border: 1px solid transparent; border-radius: 26px; cursor: pointer; font: inherit; font-weight: 600;
      color: var(--on-accent, #fff); background: var(--accent, #0f6b5c); touch-action: manipulation; -webkit-tap-highlight-color: transparent;
      box-shadow: 0 1px 2px rgb(15 23 28 / .2), 0 8px 24px rgb(15 23 28 / .22); transition: transform .15s, box-shadow .15s; }
    .launcher:hover { transform: translateY(-1px); box-shadow: 0 2px 4px rgb(15 23 28 / .2), 0 12px 30px rgb(15 23 28 / .28); }
    .launcher:active { transform: none; }
    .launcher:focus-visible { outline: 3px solid var(--accent, #0f6b5c); outline-offset: 3px; }
    .launcher[aria-busy="true"] { cursor: progress; }
    .launcher svg { flex: none; width: 22px; height: 22px; fill: currentColor; }
    .launcher span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-variant-numeric: tabular-nums; }
    @media (prefers-reduced-motion: reduce) { .launcher { transition: none; } .launcher:hover { transform: none; } }
    @media print { :host { display: none !important; } }`);

  const host = document.createElement("calldocker-widget");
  host.lang = language;
  host.dir = "ltr";
  if (options.position === "left") host.setAttribute("position", "left");
  if (["light", "dark"].includes(options.theme)) host.setAttribute("theme", options.theme);
  const root = host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [sheet];

  /** The text on the button is black or white, whichever can be read better on the colour (WCAG 2, relative luminance). */
  const paint = (colour) => {
    const digits = /^#(?:[0-9a-f]{3}){1,2}$/i.test(colour) && colour.slice(1).replace(/^(.)(.)(.)$/, "$1$1$2$2$3$3");
    if (!digits) return complain(`data-color="${colour}" is no colour such as #0f6b5c.`);
    const light = [0, 2, 4].map((at) => parseInt(digits.slice(at, at + 2), 16) / 255);
    const [red, green, blue] = light.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    host.style.setProperty("--accent", `#${digits}`);
    host.style.setProperty("--on-accent", 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000" : "#fff");
  };
  if (options.color) paint(options.color);

  const launcher = document.createElement("button");
  launcher.type = "button";
  launcher.className = "launcher";
  launcher.setAttribute("aria-haspopup", "dialog");
  launcher.setAttribute("aria-expanded", "false");
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  icon.setAttribute("viewBox", "0 0 24 24");
  icon.setAttribute("aria-hidden", "true");
  const handset = document.createElementNS("http://www.w3.org/2000/svg", "path");
  handset.setAttribute("transform", "rotate(-135 12 12.6) translate(0 -.4)");
  handset.setAttribute("d", "M12 8.5c3.9 0 7.3 1.4 9.6 3.6.5.5.6 1.3.2 1.9l-1.5 2.3c-.4.6-1.1.8-1.8.5l-2.7-1.2c-.6-.3-1-.9-.9-1.5l.1-1.1c-1-.3-2-.4-3-.4s-2 .1-3 .4l.1 1.1c.1.6-.3 1.2-.9 1.5l-2.7 1.2c-.7.3-1.4.1-1.8-.5L2.2 14c-.4-.6-.3-1.4.2-1.9C4.7 9.9 8.1 8.5 12 8.5z");
  icon.append(handset);
  const caption = document.createElement("span");
  caption.textContent = label;
  launcher.append(icon, caption);
  root.append(launcher);
  // Beside the body: frameworks that exchange the body between pages leave the button and its call where they are.
  document.documentElement.append(host);

  // MARK: The telephone behind it

  let telephone, loading, attempts = 0;
  const listeners = new Map();
  const tell = (event, detail) => {
    for (const listener of listeners.get(event) ?? []) {
      try { listener(detail); } catch (error) { reportError(error); }
    }
  };

  /** Loads the rest, once. A browser remembers a module that did not load, so each further attempt has an address of its own. */
  const load = () => loading ??= (async () => {
    launcher.setAttribute("aria-busy", "true");
    const again = attempts++ ? `?again=${attempts}` : "";
    try {
      const [{ Telephone }, { texts }] = await Promise.all([
        import(`${base}widget/telephone.js${again}`), import(`${base}widget/texts/${language}.js${again}`)]);
      telephone = new Telephone({ base, options, language, texts, label, root, launcher, caption, tell });
    } catch (error) {
      loading = undefined;
      caption.textContent = unreachable;
      setTimeout(() => (caption.textContent = label), 5000);
      throw error;
    } finally {
      launcher.removeAttribute("aria-busy");
    }
  })();

  /** Safari lets sound begin only inside a tap, before anything is awaited; the microphone is asked for meanwhile. */
  const prepare = () => {
    if (!window.isSecureContext || !navigator.mediaDevices) return {};
    const audio = document.createElement("audio");
    audio.srcObject = new MediaStream();
    audio.play().catch(() => {});
    const microphone = navigator.mediaDevices.getUserMedia({ audio: true });
    microphone.catch(() => {});
    return { audio, microphone, context: new AudioContext() };
  };

  const release = ({ microphone, context }) => {
    microphone?.then((stream) => stream.getTracks().forEach((track) => track.stop()), () => {});
    context?.close();
  };

  const call = async (changes) => {
    if (telephone?.isLive) return telephone.open();
    const prepared = prepare();
    try {
      await load();
      telephone.call(changes, prepared);
    } catch (error) {
      release(prepared);
      complain(`the gateway cannot be reached (${error.message}).`);
    }
  };

  const open = () => load().then(() => telephone.open(), (error) => complain(`the gateway cannot be reached (${error.message}).`));

  // Whoever moves to the button may want to call: where nobody is there, the microphone is not even asked for.
  let presence = { isOnline: true, at: -Infinity };
  const look = async () => {
    if (performance.now() - presence.at < 20_000) return;
    presence = { isOnline: true, at: performance.now() };
    const answer = await fetch(`${base}api/widget/${encodeURIComponent(options.uuid)}/status`).catch(() => undefined);
    if (answer?.ok) presence.isOnline = (await answer.json()).online !== false;
  };
  launcher.addEventListener("pointerenter", look);
  launcher.addEventListener("focus", look);
  launcher.addEventListener("click", () => {
    const isKnownEmpty = !presence.isOnline && performance.now() - presence.at < 20_000;
    if (isKnownEmpty && !telephone?.isLive) load().then(() => telephone.nobodyThere(), () => {});
    else call();
  });

  window.Calldocker = Object.freeze({
    open,
    close: () => telephone?.close(),
    call,
    hangUp: () => telephone?.hangUp(),
    on(event, listener) {
      listeners.set(event, (listeners.get(event) ?? new Set()).add(listener));
      return () => listeners.get(event).delete(listener);
    },
  });
  document.dispatchEvent(new CustomEvent("calldocker:ready"));
})();
