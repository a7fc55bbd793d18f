// Which values become dark and which bright: found by the server, or set by hand on a histogram.

import { $, el, number } from "../dom.js";
import { first, isFormula, readingOf, routeOf, without } from "../look.js";
import { Problem, known } from "../server.js";
import { activeLayer, changeLayer, watch } from "../state.js";
import { drawHistogram } from "./histogram.js";

const SIDE = 256; // pixels that are counted
const BINS = 256;
let channel = null; // that the handles are of; null: all of them
let measured = null; // statistics of each band
let spans = []; // [low, high] of each band, as the picture has them

const modeOf = ({ rescale }) => {
  const text = rescale?.[0] ?? "";
  if (text === "auto") return "auto";
  if (text.startsWith("auto:")) return "percentiles";
  return text ? "fixed" : "none";
};

const span = ([low, high]) => `${tidy(low)},${tidy(high)}`;
const tidy = (value) => String(Number(value.toPrecision(6)));

function setSpans(next) {
  const equal = next.every((each) => span(each) === span(next[0]));
  setRescale(equal ? [span(next[0])] : next.map(span));
}

function setRescale(rescale) {
  const layer = activeLayer();
  const rest = without(layer.params, ["rescale", ...(rescale ? ["color_formula"] : [])]);
  changeLayer({ params: rescale ? { ...rest, rescale } : rest });
}

function switchTo(mode) {
  channel = null;
  if (mode === "auto") setRescale(["auto"]);
  else if (mode === "percentiles") setRescale(["auto:5,95"]);
  else if (mode === "none") setRescale(null);
  else setSpans(spans.length && modeOf(activeLayer().params) !== "none" ? spans : measured.map(percentiles));
}

const percentiles = (band) => [band.percentile_2, band.percentile_98];

/** The handles were moved to `next`, of one band or of all. */
function drag(next) {
  setSpans(spans.map((each, i) => (channel === null || channel === i ? next : each)));
}

let turn = 0;

async function draw() {
  const layer = activeLayer();
  if (!layer) return;
  const mine = ++turn;
  const mode = modeOf(layer.params);
  for (const button of $("stretch-mode").children) button.setAttribute("aria-pressed", button.dataset.mode === mode);
  try {
    const [statistics, legend] = await Promise.all([
      known(
        readingOf(layer, "statistics", [
          ["max_size", SIDE],
          ["histogram_bins", BINS],
        ]),
      ),
      known(routeOf(layer, "legend.json")),
    ]);
    if (mine !== turn) return;
    $("stretch").hidden = legend.bars.length === 0;
    measured = Object.values(statistics)
      .filter(({ min, max }) => min !== null && max > min)
      .slice(0, 3);
    if (!measured.length || !legend.bars.length) return;
    spans = measured.map((band, i) => spanOf(legend.bars[i] ?? legend.bars[0], band, mode));
    show(mode);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    $("stretch").hidden = true;
  }
}

const spanOf = (bar, band, mode) => (mode === "none" ? [band.min, band.max] : [bar.low, bar.high]);

function show(mode) {
  if (channel !== null && channel >= measured.length) channel = null;
  const shown = channel === null ? common(spans) : spans[channel];
  drawHistogram($("histogram"), {
    bands: measured,
    chosen: channel,
    span: shown,
    movable: mode !== "none",
    moved: drag,
  });
  drawChannels();
  $("stretch-fields").hidden = mode === "none" || mode === "auto";
  $("stretch-low").value = mode === "percentiles" ? percentilesOf()[0] : tidy(shown[0]);
  $("stretch-high").value = mode === "percentiles" ? percentilesOf()[1] : tidy(shown[1]);
  $("stretch-unit").textContent = mode === "percentiles" ? "percent of the pixels" : "value";
  $("stretch-told").textContent = mode === "auto" ? `${number(shown[0])} to ${number(shown[1])}` : "";
}

const common = (all) => [Math.min(...all.map(([low]) => low)), Math.max(...all.map(([, high]) => high))];
const percentilesOf = () => first(activeLayer().params, "rescale").slice(5).split(",");

function drawChannels() {
  const names = measured.length === 3 && !isFormula(activeLayer().params) ? ["All", "R", "G", "B"] : [];
  $("stretch-channels").replaceChildren(
    ...names.map((name, i) =>
      el("button", {
        type: "button",
        textContent: name,
        "aria-pressed": channel === (i ? i - 1 : null),
        onclick: () => {
          channel = i ? i - 1 : null;
          show(modeOf(activeLayer().params));
        },
      }),
    ),
  );
}

function typed() {
  const low = Number($("stretch-low").value);
  const high = Number($("stretch-high").value);
  if (!(low < high)) return;
  if (modeOf(activeLayer().params) === "percentiles") setRescale([`auto:${low},${high}`]);
  else drag([low, high]);
}

export function mountStretch() {
  for (const button of $("stretch-mode").children) button.onclick = () => switchTo(button.dataset.mode);
  $("stretch-low").onchange = $("stretch-high").onchange = typed;
  watch(["layers", "active", "scene", "bands"], draw);
}
