// Colours: a ramp for one band or a formula, operations for three bands.

import { $, el, settled } from "../dom.js";
import { first, isSingle, routeOf, withParams, without } from "../look.js";
import { Problem, address, ask, known } from "../server.js";
import { activeLayer, changeLayer, found, watch } from "../state.js";

const LIKED = [
  "viridis",
  "rdylgn",
  "gray",
  "magma",
  "cividis",
  "spectral",
  "brbg",
  "rdylbu",
  "ylgnbu",
  "gist_earth",
  "terrain",
  "turbo",
];
const FORMULAS = [
  "Gamma RGB 3.5 Saturation 1.7 Sigmoidal RGB 15 0.35",
  "Gamma RGB 1.8",
  "Sigmoidal RGB 6 0.4",
  "Saturation 1.4",
];
const WAIT_MS = 500;

const rampPicture = (name) => `url("${address(`colorMaps/${name}`, [["format", "png"]])}")`;

function setRamp(name) {
  const { params } = activeLayer();
  const rest = without(params, ["colormap", "colormap_name"]);
  changeLayer({ params: name ? { ...rest, colormap_name: [name] } : rest });
}

function swatch(name) {
  const button = el("button", {
    type: "button",
    className: "ramp",
    title: name,
    "aria-label": name,
    dataset: { ramp: name },
    onclick: () => setRamp(turned() ? `${name}_r` : name),
  });
  button.style.backgroundImage = rampPicture(name);
  return button;
}

const turned = () => first(activeLayer().params, "colormap_name").endsWith("_r");

function turn() {
  const name = first(activeLayer().params, "colormap_name") || "gray";
  setRamp(name.endsWith("_r") ? name.slice(0, -2) : `${name}_r`);
}

async function listRamps() {
  const { colormaps } = await known(address("colorMaps"));
  const names = colormaps.map(({ id }) => id).filter((id) => !id.endsWith("_r"));
  $("ramp-name").replaceChildren(
    el("option", { value: "", textContent: "No ramp" }),
    ...names.map((name) => el("option", { value: name, textContent: name })),
  );
  draw();
}

const judge = settled(async () => {
  const text = $("color-formula").value.trim();
  const layer = activeLayer();
  const params = withParams(without(layer.params, text ? ["rescale"] : []), { color_formula: [text] });
  try {
    await ask(routeOf({ ...layer, params }, "legend.json"));
    say("");
    changeLayer({ params });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    say(error.message);
  }
}, WAIT_MS);

function say(words) {
  $("color-formula-said").textContent = words;
  $("color-formula").setAttribute("aria-invalid", Boolean(words));
}

function draw() {
  const layer = activeLayer();
  if (!layer || !found.bands.length) return;
  const single = isSingle(layer.params);
  $("ramps").hidden = !single;
  $("color-formula-box").hidden = single;
  const now = first(layer.params, "colormap_name").replace(/_r$/, "");
  $("ramp-name").value = now;
  $("ramp-turned").setAttribute("aria-pressed", turned());
  for (const button of $("ramp-list").children) button.setAttribute("aria-pressed", button.dataset.ramp === now);
  if (document.activeElement !== $("color-formula")) {
    $("color-formula").value = first(layer.params, "color_formula");
    say("");
  }
}

export function mountColours() {
  $("ramp-list").replaceChildren(...LIKED.map(swatch));
  $("ramp-name").onchange = ({ target }) => setRamp(target.value);
  $("ramp-turned").onclick = turn;
  $("color-formula").oninput = judge;
  $("color-formula-examples").replaceChildren(...FORMULAS.map((value) => el("option", { value })));
  watch(["layers", "active", "bands"], draw);
  listRamps();
}
