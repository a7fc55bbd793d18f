// Which bands: one in grey or colours, three as red, green and blue, or a formula of them.

import { $, el } from "../dom.js";
import { bandsOf, isFormula, withBands } from "../look.js";
import { activeLayer, changeLayer, found, watch } from "../state.js";

const CHANNELS = [
  ["red", "R"],
  ["green", "G"],
  ["blue", "B"],
];
let mode = "bands"; // the one whose controls are seen: "bands", "one" or "formula"

const label = ({ name, common_name: common }) =>
  common && common !== name && !name.includes(" ") ? `${name} ${common}` : name;

function modeOf(layer) {
  if (isFormula(layer.params)) return "formula";
  return bandsOf(layer.params).length === 1 ? "one" : "bands";
}

function take(bands) {
  changeLayer({ params: withBands(activeLayer().params, bands), title: "" });
}

function pickers(count) {
  const now = bandsOf(activeLayer().params);
  const chosen = Array.from({ length: count }, (_, i) => now[i] ?? found.bands[Math.min(i, found.bands.length - 1)]);
  return chosen.map((band, channel) => {
    const options = found.bands.map((each, i) =>
      el("option", { value: i, textContent: label(each), title: each.title ?? "" }),
    );
    const [color, letter] = count === 1 ? ["band", "Band"] : CHANNELS[channel];
    const select = el("select", { "aria-label": count === 1 ? "Band" : `Band shown as ${color}` }, ...options);
    select.value = found.bands.indexOf(band);
    select.onchange = () => take(chosen.with(channel, found.bands[select.value]));
    return el(
      "label",
      { className: `channel ${color}` },
      el("span", { textContent: letter, "aria-hidden": "true" }),
      select,
    );
  });
}

function draw() {
  const layer = activeLayer();
  $("adjust").hidden = !layer || !found.bands.length;
  if (!layer || !found.bands.length) return;
  mode = modeOf(layer);
  show();
}

function show() {
  for (const button of $("band-mode").children) button.setAttribute("aria-pressed", button.dataset.mode === mode);
  $("band-mode").querySelector("[data-mode=bands]").disabled = found.bands.length < 2;
  $("formula-box").hidden = mode !== "formula";
  $("channels").hidden = mode === "formula";
  if (mode !== "formula") $("channels").replaceChildren(...pickers(mode === "one" ? 1 : 3));
}

function switchTo(next) {
  if (next === "formula") {
    mode = next;
    show();
    $("formula").focus();
    return;
  }
  const now = bandsOf(activeLayer().params);
  if (next === "one") take([now[0] ?? found.bands[0]]);
  else take(now.length === 3 ? now : natural());
}

/** Red, green and blue, else the first three. */
function natural() {
  const named = CHANNELS.map(([name]) => found.bands.find((band) => band.common_name === name));
  return named.every(Boolean) ? named : CHANNELS.map((_, i) => found.bands[Math.min(i, found.bands.length - 1)]);
}

export function mountBands() {
  for (const button of $("band-mode").children) button.onclick = () => switchTo(button.dataset.mode);
  watch(["layers", "active", "bands"], draw);
}
