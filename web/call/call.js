// The call page: the widget's telephone in a window of its own. `/call?uuid=…`, and behind the # what the page that opened it knows.
import { Telephone } from "../widget/telephone.js";

const languages = ["en", "de", "es", "fr"];
const names = { en: "Call Us", de: "Anrufen", es: "Llámanos", fr: "Appelez-nous" };

const options = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
options.uuid = new URLSearchParams(location.search).get("uuid") ?? "";
const wanted = [options.lang, ...navigator.languages].map((tag) => (tag ?? "").slice(0, 2).toLowerCase());
const language = wanted.find((code) => languages.includes(code)) ?? "en";
const label = options.label || names[language];
const { texts } = await import(`../widget/texts/${language}.js`);

document.documentElement.lang = language;
if (["light", "dark"].includes(options.theme)) document.documentElement.dataset.theme = options.theme;
document.title = label;

const place = document.getElementById("telephone");
if (document.documentElement.dataset.theme) place.setAttribute("theme", options.theme);
for (const [property, colour] of [["--accent", options.accent], ["--on-accent", options.onAccent]]) {
  if (/^#[0-9a-f]{3,6}$/i.test(colour ?? "")) place.style.setProperty(property, colour);
}
const root = place.attachShadow({ mode: "open" });
const sheet = new CSSStyleSheet();
sheet.replaceSync(`:host { display: block; font: 400 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }`);
root.adoptedStyleSheets = [sheet];

const telephone = new Telephone({
  base: new URL("../", import.meta.url).href, options, language, texts, label, root,
  tell: (event, { state }) => event === "state" && (document.title = state === "idle" ? label : `${telephone.title} – ${label}`),
});
