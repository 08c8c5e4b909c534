/* Calldocker's call button (docs/widget.md). Only this file comes with the page; a click loads the rest from widget/. */
(() => {
  "use strict";
  const script = document.currentScript;
  // A second copy leaves the first alone.
  if (!script || window.Calldocker?.hangUp) return;
  const complain = (sentence) => console.error(`Calldocker: ${sentence}`);
  const options = { ...script.dataset };
  if (!options.uuid) return complain("the script tag has no data-uuid.");
  if (!document.adoptedStyleSheets) return complain("this browser is too old.");

  // Where this script came from is the gateway.
  const base = new URL(".", script.src).href;
  const words = {
    en: ["Call Us", "We cannot be reached right now"],
    de: ["Anrufen", "Zurzeit nicht erreichbar"],
    es: ["Llámanos", "No disponible en este momento"],
    fr: ["Appelez-nous", "Injoignable pour le moment"],
  };
  const language = [options.lang, document.documentElement.lang, ...navigator.languages]
    .map((tag) => (tag ?? "").slice(0, 2).toLowerCase()).find((code) => words[code]) ?? "en";
  const label = options.label || words[language][0];

  const host = document.createElement("calldocker-widget");
  host.lang = language;
  host.dir = "ltr";
  for (const name of ["position", "theme"]) if (options[name]) host.setAttribute(name, options[name]);
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`
    :host { all: initial !important; position: fixed !important; z-index: 2147483000 !important; inset: auto 0 0 auto !important;
      font: 400 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif !important; }
    :host([position="left"]) { inset: auto auto 0 0 !important; }
    .launcher { display: flex; align-items: center; gap: 10px; min-height: 52px; max-width: calc(100vw - 40px);
      margin: 0 20px max(20px, env(safe-area-inset-bottom)); padding: 0 22px 0 18px; border: 1px solid transparent; border-radius: 26px;
      font: inherit; font-weight: 600; font-variant-numeric: tabular-nums; color: var(--on-accent, #fff); background: var(--accent, #0f6b5c);
      box-shadow: 0 8px 24px rgb(15 23 28 / .3); cursor: pointer; }
    .launcher[hidden] { display: none; }
    .launcher:hover { filter: brightness(1.1); }
    .launcher:focus-visible { outline: 3px solid var(--accent, #0f6b5c); outline-offset: 3px; }
    .launcher::before { content: ""; width: 24px; height: 24px; background: currentColor; forced-color-adjust: none; transform: rotate(-135deg);
      clip-path: path("M12 8.5c3.9 0 7.3 1.4 9.6 3.6.5.5.6 1.3.2 1.9l-1.5 2.3c-.4.6-1.1.8-1.8.5l-2.7-1.2c-.6-.3-1-.9-.9-1.5l.1-1.1c-1-.3-2-.4-3-.4s-2 .1-3 .4l.1 1.1c.1.6-.3 1.2-.9 1.5l-2.7 1.2c-.7.3-1.4.1-1.8-.5L2.2 14c-.4-.6-.3-1.4.2-1.9C4.7 9.9 8.1 8.5 12 8.5z"); }
    @media print { :host { display: none !important; } }`);
  root.adoptedStyleSheets = [sheet];

  if (options.color) {
    // The words on it are black or white, whichever is easier to read (WCAG 2, relative luminance).
    const digits = /^#([0-9a-f]{6})$/i.exec(options.color)?.[1];
    if (!digits) complain("data-color is not like #0f6b5c.");
    const [red, green, blue] = [0, 2, 4].map((at) => (parseInt(digits?.slice(at, at + 2), 16) / 255) ** 2.2);
    if (digits) host.style.setProperty("--accent", options.color);
    if (0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.18) host.style.setProperty("--on-accent", "#000");
  }

  const launcher = document.createElement("button");
  launcher.className = "launcher";
  launcher.setAttribute("aria-haspopup", "dialog");
  launcher.textContent = label;
  root.append(launcher);
  // Beside the body, which some frameworks exchange between pages.
  document.documentElement.append(host);

  let telephone, attempts = 0;
  const listeners = [];
  const tell = (event, detail) => {
    for (const [name, listener] of listeners) if (name === event) queueMicrotask(() => listener(detail));
  };

  /** A browser remembers a module that did not load, so each further attempt has an address of its own. */
  const load = async () => {
    const again = attempts ? `?again=${attempts}` : "";
    const [{ Telephone }, { texts }] = await Promise.all(
      ["telephone", `texts/${language}`].map((name) => import(`${base}widget/${name}.js${again}`)));
    telephone ??= new Telephone({ base, options, language, texts, label, root, launcher, tell });
    return telephone;
  };

  const withTelephone = async (action, orElse) => {
    try {
      action(telephone ?? (await load()));
    } catch (error) {
      attempts++;
      orElse?.();
      complain(error.message);
      launcher.textContent = words[language][1];
      setTimeout(() => (launcher.textContent = label), 5000);
    }
  };

  const call = (changes) => {
    if (telephone?.isLive) return telephone.open();
    // Safari lets sound begin only inside a tap, before anything is awaited; the microphone is asked for meanwhile.
    const audio = document.createElement("audio");
    const microphone = navigator.mediaDevices?.getUserMedia({ audio: true });
    const tapped = { audio, microphone, context: new AudioContext() };
    audio.srcObject = new MediaStream();
    audio.play().catch(() => {});
    microphone?.catch(() => {});
    return withTelephone((telephone) => telephone.call(changes, tapped), () => {
      microphone?.then((stream) => stream.getTracks().forEach((track) => track.stop()));
    });
  };

  // Whoever moves to the button may call: where nobody is there, the microphone is not even asked for.
  let status, isFresh;
  const look = async () => {
    if (isFresh) return;
    isFresh = true;
    setTimeout(() => (status = isFresh = undefined), 20_000);
    status = await fetch(`${base}api/widget/${options.uuid}/status`).then((answer) => answer.json()).catch(() => {});
  };
  for (const event of ["pointerenter", "focus"]) launcher.addEventListener(event, look);
  launcher.onclick = () => {
    if (status?.online === false && !telephone?.isLive) withTelephone((telephone) => telephone.nobodyThere());
    else call();
  };

  window.Calldocker = Object.freeze({
    open: () => withTelephone((telephone) => telephone.open()),
    close: () => telephone?.close(),
    call,
    hangUp: () => telephone?.hangUp(),
    on: (event, listener) => void listeners.push([event, listener]),
  });
  document.dispatchEvent(new Event("calldocker:ready"));
  try {
    if (sessionStorage["calldocker-call"]) withTelephone((telephone) => telephone.takeUp());
  } catch {}
})();
