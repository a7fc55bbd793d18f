// Light or dark: as the system says, until somebody chooses.

import { $ } from "./dom.js";

const NAME = "swath-theme"; // in the browser's storage
const dark = matchMedia("(prefers-color-scheme: dark)");
const painters = [];

/** Call `paint(color)` now and whenever colours change; `color("--ink")` reads a variable of the style. */
export function whenThemed(paint) {
  painters.push(paint);
  paint(colorOf);
}

/** A colour of the style as it is now. */
export const colorOf = (variable) => getComputedStyle(document.documentElement).getPropertyValue(variable).trim();

function show() {
  const chosen = localStorage.getItem(NAME);
  const isDark = chosen ? chosen === "dark" : dark.matches;
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
  $("theme").setAttribute("aria-pressed", isDark);
  painters.forEach((paint) => paint(colorOf));
}

export function mountTheme() {
  show();
  dark.addEventListener("change", show);
  $("theme").onclick = () => {
    localStorage.setItem(NAME, document.documentElement.dataset.theme === "dark" ? "light" : "dark");
    show();
  };
}
