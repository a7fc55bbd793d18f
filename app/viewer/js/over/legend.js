// What the colours on the map mean, as the server says it for exactly this picture.

import { $, el, number } from "../dom.js";
import { first, routeOf, titleOf } from "../look.js";
import { Problem, known } from "../server.js";
import { activeLayer, sceneOfLayer, watch } from "../state.js";

const CLASSES_MAX = 14;

const css = (stops) =>
  `linear-gradient(90deg, ${thinned(stops)
    .map(({ color }) => color)
    .join(", ")})`;
const thinned = (stops) => stops.filter((_, i) => i % 8 === 0 || i === stops.length - 1);

/** Ticks beside the ends would stand on their labels. */
const hasRoom = ({ at }) => at === 0 || at === 1 || (at > 0.22 && at < 0.78);

function bar({ name, ticks, stops }, named) {
  const ramp = el("div", { className: "legend-ramp" });
  ramp.style.background = css(stops);
  const labels = ticks.filter(hasRoom).map(({ value, at }) => {
    const text = el("span", { textContent: number(Number(value.toPrecision(3))) });
    text.style.left = `${100 * at}%`;
    if (at === 0) text.className = "first";
    if (at === 1) text.className = "last";
    return text;
  });
  return el(
    "div",
    { className: "legend-bar" },
    named ? el("b", { textContent: name }) : null,
    ramp,
    el("div", { className: "legend-ticks" }, ...labels),
  );
}

/** Three channels in three lines, with nothing but their ends; what is all of the last colour is left out. */
function channel({ name, stops }) {
  const end = stops.findLastIndex(({ color }) => color !== stops.at(-1).color) + 1 || stops.length - 1;
  const seen = stops.slice(0, end + 1);
  const ramp = el("i");
  ramp.style.background = css(seen);
  const label = ({ value }) => el("span", { textContent: number(Number(value.toPrecision(3))) });
  return el(
    "div",
    { className: "legend-channel" },
    el("b", { textContent: name.replace(/^\w+: /, "") }),
    label(seen[0]),
    ramp,
    label(seen.at(-1)),
  );
}

function classRow({ label, color }) {
  const patch = el("i");
  patch.style.background = color;
  return el("li", {}, patch, label);
}

let turn = 0;

async function draw() {
  const layer = activeLayer();
  const mine = ++turn;
  if (!layer || !sceneOfLayer(layer)) return void ($("legend").hidden = true);
  try {
    const { bars, classes, kind } = await known(routeOf(layer, "legend.json"));
    if (mine !== turn) return;
    const rows = kind === "channels" ? bars.map(channel) : bars.map((each) => bar(each, bars.length > 1));
    const more =
      classes.length > CLASSES_MAX ? el("li", { textContent: `and ${classes.length - CLASSES_MAX} more` }) : null;
    const list = classes.length ? [el("ul", {}, ...classes.slice(0, CLASSES_MAX).map(classRow), more)] : [];
    const title = layer.title || titleOf(layer.params);
    $("legend").replaceChildren(
      el("h2", { textContent: title, title: first(layer.params, "expression") }),
      ...rows,
      ...list,
    );
    $("legend").hidden = false;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (mine === turn) $("legend").hidden = true;
  }
}

export function mountLegend() {
  watch(["layers", "active", "scene", "bands"], draw);
}
