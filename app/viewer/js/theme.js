// Light or dark, after first.js has said with which the page begins: as the system says, until somebody chooses.

import { $ } from "./dom.js";

const NAME = "swath-theme"; // in the browser's storage
const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");
const painters = [];

/** Call `paint(color)` now and whenever colours change; `color("--ink")` reads a variable of the style. */
export function whenThemed(paint) {
  painters.push(paint);
  paint(colorOf);
}

/** A colour of the style as it is now. */
export const colorOf = (variable) => getComputedStyle(root).getPropertyValue(variable).trim();

const isDark = () => root.dataset.theme === "dark";

function show(theme) {
  root.dataset.theme = theme;
  $("theme").setAttribute("aria-pressed", isDark());
  painters.forEach((paint) => paint(colorOf));
}

export function mountTheme() {
  show(root.dataset.theme);
  dark.addEventListener("change", () => localStorage.getItem(NAME) ?? show(dark.matches ? "dark" : "light"));
  $("theme").onclick = () => {
    show(isDark() ? "light" : "dark");
    localStorage.setItem(NAME, root.dataset.theme);
  };
}
