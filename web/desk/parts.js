// What the views are made of: icons of the desk's own, buttons, words about times and people.
import { clock, drawing, element, icon as shared } from "../widget/shapes.js";

export { clock, element };

/** Outlines on a field of 24 by 24. */
const outlines = {
  settings: "M4 7h9M17 7h3M4 12h3M11 12h9M4 17h9M17 17h3M15 5v4M9 10v4M15 15v4",
  keyboard:
    "M4.5 6.5h15A1.5 1.5 0 0 1 21 8v8a1.5 1.5 0 0 1-1.5 1.5h-15A1.5 1.5 0 0 1 3 16V8a1.5 1.5 0 0 1 1.5-1.5zM7 10h.01M10.3 10h.01M13.7 10h.01M17 10h.01M8 14h8",
  logOut: "M10 5H6.5A1.5 1.5 0 0 0 5 6.5v11A1.5 1.5 0 0 0 6.5 19H10M14 8l4 4-4 4M18 12H9.5",
  bell: "M6.5 16.5c1-1.2 1.3-2.6 1.3-5.2a4.2 4.2 0 0 1 8.4 0c0 2.6.3 4 1.3 5.2zM10.3 19.5h3.4",
  missed: "M5 8l6.5 6.5L19 7M14.5 7H19v4.5",
  answered: "M18.5 5.5L6 18M6 9.5V18h8.5",
  clock: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 8v4.3l2.8 1.7",
  page: "M10 14l4-4M8.5 11l-2 2a3.2 3.2 0 0 0 4.5 4.5l2-2M15.5 13l2-2A3.2 3.2 0 0 0 13 6.5l-2 2",
  open: "M7 10l5 5 5-5",
  cup: "M6 9h10v5a4 4 0 0 1-4 4h-2a4 4 0 0 1-4-4zM16 10.5h1.5a2 2 0 0 1 0 4H16M9 4v2M13 4v2",
};

export const icon = (name) => name in outlines ? drawing(outlines[name], true) : shared(name);

/** A button with an icon, words, and the key that does the same. */
export function button({ kind = "", sign, words, key, click, ...attributes }) {
  const face = [sign && icon(sign), words && element("span", {}, words), key && element("kbd", { "aria-hidden": "true" }, key)];
  return element("button", {
    type: "button", class: kind, click, "aria-keyshortcuts": key, ...attributes,
  }, ...face.filter(Boolean));
}

/** Shows and hides, and writes only what changed: a live region repeats what is written again. */
export function write(part, text = "") {
  if (part.textContent !== text) part.textContent = text;
  part.hidden = !text;
}

/** Puts the children there unless the very same are there, so that no focus is lost and nothing is read out twice. */
export function fill(part, ...children) {
  const wanted = children.filter(Boolean);
  const isSame = wanted.length === part.childNodes.length && wanted.every((child, index) => part.childNodes[index] === child);
  if (!isSame) part.replaceChildren(...wanted);
}

/** The first letters of a name. */
export function initials(name) {
  const words = name.trim().split(/[\s._-]+/).filter(Boolean);
  return words.length ? [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => [...word][0] ?? "").join("").toUpperCase() : "?";
}

/** A picture of somebody: one of eight colours by the name, the same at every place. */
export function portrait(name) {
  const hash = [...name].reduce((sum, character) => (sum * 31 + character.codePointAt(0)) % 997, 7);
  return element("span", { class: `portrait tone-${hash % 8}`, "aria-hidden": "true" }, initials(name));
}

/**
 * The page on which a visitor is, as a link. Whoever calls decides what it says: only http and https become one, and the site
 * behind it learns nothing of us.
 */
export function pageLink(page, className = "page") {
  let address;
  try {
    address = new URL(page);
  } catch {
    // What is no address is shown as it is.
  }
  if (!address || !["http:", "https:"].includes(address.protocol)) return element("span", { class: className }, page);
  const words = address.host + (address.pathname + address.search).replace(/\/$/, "");
  return element("a", { class: className, href: address.href, target: "_blank", rel: "noopener noreferrer", title: address.href }, words);
}

/** Seconds since a moment, never fewer than none. */
export const secondsSince = (moment) => Math.max(0, Math.floor((Date.now() - moment) / 1000));

/** How long ago in few words: 0:42, 12 min, 3 h. */
export function span(seconds) {
  if (seconds < 3600) return clock(seconds);
  return `${Math.floor(seconds / 3600)}:${String(Math.floor(seconds / 60) % 60).padStart(2, "0")} h`;
}

/** Mean opinion scores in words (after ITU-T G.107 Annex B). */
export function quality(mos) {
  return mos >= 4 ? "good" : mos >= 3.6 ? "fair" : mos >= 3.1 ? "poor" : "bad";
}
