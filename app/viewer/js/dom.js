// Small things for making elements, and words for numbers.

export const $ = (id) => document.getElementById(id);

/** Make an element; `children` are elements or texts, members of `options` are properties, `on…` and `aria-…` work too. */
export function el(name, options = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(options)) {
    if (key.includes("-")) made.setAttribute(key, value);
    else if (key === "dataset") Object.assign(made.dataset, value);
    else made[key] = value;
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

/** Make an element of a drawing. */
export function svg(name, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/** A symbol of index.html. */
export const icon = (name) => svg("svg", { class: "icon", "aria-hidden": "true" }, svg("use", { href: `#i-${name}` }));

/** A button with a symbol, and its name for those who do not see it. */
export const iconButton = (symbol, label, onclick) =>
  el("button", { type: "button", className: "icon-button", "aria-label": label, title: label, onclick }, icon(symbol));

/** Say something to those who listen. */
export function announce(words) {
  $("announce").textContent = words;
}

/** Show a problem on the map, or take it away. */
export function notice(words = "") {
  $("notice-words").textContent = words;
  $("notice").hidden = !words;
}

export const day = (date) =>
  date.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
export const shortDay = (date) =>
  date.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

/** A number as short as it is true: four digits that matter. */
export function number(value) {
  if (value === null || value === undefined) return "no data";
  if (Number.isInteger(value)) return String(value).replace("-", "−");
  const rounded =
    Math.abs(value) >= 1e5 || Math.abs(value) < 1e-3 ? value.toExponential(3) : Number(value.toPrecision(4));
  return String(rounded).replace("-", "−");
}

const plain = (html) => new DOMParser().parseFromString(html, "text/html").body.textContent;

/** Attributions of what is shown, which are HTML, as one line of text. */
export const credits = (texts) => [...new Set(texts.map(plain))].filter(Boolean).join(" · ");

export const coordinates = ({ lon, lat }) =>
  `${Math.abs(lat).toFixed(4)}° ${lat < 0 ? "S" : "N"}, ${Math.abs(lon).toFixed(4)}° ${lon < 0 ? "W" : "E"}`;

/** Call `act` when nothing has been called for so long. */
export function settled(act, ms) {
  let timer = 0;
  return (...words) => {
    clearTimeout(timer);
    timer = setTimeout(() => act(...words), ms);
  };
}

/** Put text on the clipboard; without https there is no clipboard object, and the older command does it. */
export async function copyText(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = el("textarea", { value: text, className: "visually-hidden" });
  const holder = document.querySelector("dialog[open]") ?? document.body;
  const before = document.activeElement;
  holder.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
  before?.focus();
}

/** Let the browser save bytes as a file. */
export function saveBlob(blob, name) {
  const url = URL.createObjectURL(blob);
  el("a", { href: url, download: name }).click();
  URL.revokeObjectURL(url);
}
