// Elements and icons, made without markup: a page that demands Trusted Types lets no markup in.

/** An element with attributes (a function listens, `true` is an empty attribute, `undefined` none) and children. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key, value);
    else if (value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

const handset = "M12 8.5c3.9 0 7.3 1.4 9.6 3.6.5.5.6 1.3.2 1.9l-1.5 2.3c-.4.6-1.1.8-1.8.5l-2.7-1.2c-.6-.3-1-.9-.9-1.5l.1-1.1c-1-.3-2-.4-3-.4s-2 .1-3 .4l.1 1.1c.1.6-.3 1.2-.9 1.5l-2.7 1.2c-.7.3-1.4.1-1.8-.5L2.2 14c-.4-.6-.3-1.4.2-1.9C4.7 9.9 8.1 8.5 12 8.5z";

/** Outlines on a field of 24 by 24; those in `filled` are surfaces. */
const outlines = {
  close: "M6 6l12 12M18 6L6 18",
  hide: "M6 9.5l6 6 6-6",
  popOut: "M10 5H6.5a1.5 1.5 0 0 0-1.5 1.5v11a1.5 1.5 0 0 0 1.5 1.5h11a1.5 1.5 0 0 0 1.5-1.5V14M14 4.5h5.5V10M19 5l-7.5 7.5",
  microphone: "M12 3.5a2.8 2.8 0 0 0-2.8 2.8v5a2.8 2.8 0 0 0 5.6 0v-5A2.8 2.8 0 0 0 12 3.5zM6 11.2a6 6 0 0 0 12 0M12 17.2v3.3M9 20.5h6",
  muted: "M14.8 11.3v-5a2.8 2.8 0 0 0-5.3-1.3M9.2 9.3v2a2.8 2.8 0 0 0 4.2 2.4M6 11.2a6 6 0 0 0 9.8 4.6M17.7 13a6 6 0 0 0 .3-1.8M12 17.2v3.3M9 20.5h6M4 4l16 16",
  warning: "M12 8v4.8M12 16.2v.1M12 3.8a8.2 8.2 0 1 0 0 16.4 8.2 8.2 0 0 0 0-16.4z",
};
const filled = {
  call: handset,
  hangUp: handset,
  keypad: [6, 12, 18].flatMap((y) => [6, 12, 18].map((x) => `M${x - 1.7} ${y}a1.7 1.7 0 1 0 3.4 0 1.7 1.7 0 1 0-3.4 0z`)).join(""),
};

/** A drawing of one path on that field. */
export function drawing(d, isOutline, transform) {
  const [svg, path] = ["svg", "path"].map((name) => document.createElementNS("http://www.w3.org/2000/svg", name));
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  if (isOutline) svg.setAttribute("class", "outline");
  if (transform) path.setAttribute("transform", transform);
  path.setAttribute("d", d);
  svg.append(path);
  return svg;
}

export function icon(name) {
  return drawing(outlines[name] ?? filled[name], name in outlines, name === "call" ? "rotate(-135 12 12.6) translate(0 -.4)" : undefined);
}

/** 65 seconds as 1:05. */
export function clock(seconds) {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const pad = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${pad(minutes)}:${pad(rest)}` : `${minutes}:${pad(rest)}`;
}
