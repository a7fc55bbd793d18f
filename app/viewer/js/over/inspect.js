// The values of all bands at a place, as a table and as a small spectrum.

import { Feature, Circle, Fill, Point, Stroke, Style, VectorLayer, VectorSource } from "../../vendor/map.js";
import { $, coordinates, el, number } from "../dom.js";
import { isFormula, readingOf } from "../look.js";
import { isDrawing } from "../map/area.js";
import { chooseAt } from "../map/footprints.js";
import { map, toMap, toPlace } from "../map/view.js";
import { Problem, address, ask } from "../server.js";
import { activeLayer, currentScene, found, sceneOfLayer, watch } from "../state.js";
import { drawSpectrum, wavelengthOf } from "./spectrum.js";

const AT_ONCE = 8; // bands of one question: servers limit them
const BANDS_MAX = 40;
const marks = new VectorSource();
let place = null;

/** Bands to ask for: not the picture that was made of them. */
function wanted() {
  const known = found.bands.filter(({ params }) => !/^visual\b/.test(params.assets?.[0] ?? ""));
  return (known.length ? known : found.bands).slice(0, BANDS_MAX);
}

async function valuesOf(bands, scene, { lon, lat }) {
  const name = bands[0].params.assets ? "assets" : "bidx";
  const pairs = [["url", scene.url], ...bands.map((band) => [name, band.params[name][0]])];
  const { values } = await ask(address(`${scene.ds}/point/${lon.toFixed(6)},${lat.toFixed(6)}`, pairs));
  return values;
}

async function ofFormula(layer, { lon, lat }) {
  const { values, band_descriptions: names } = await ask(readingOf(layer, `point/${lon.toFixed(6)},${lat.toFixed(6)}`));
  return names.map((name, i) => ({ name, value: values[i] }));
}

async function valuesAt(at) {
  const scene = currentScene();
  const bands = wanted();
  const parts = Array.from({ length: Math.ceil(bands.length / AT_ONCE) }, (_, i) =>
    bands.slice(i * AT_ONCE, (i + 1) * AT_ONCE),
  );
  const layer = activeLayer();
  const [values, computed] = await Promise.all([
    Promise.all(parts.map((part) => valuesOf(part, scene, at))),
    layer && isFormula(layer.params) && sceneOfLayer(layer) === scene ? ofFormula(layer, at) : [],
  ]);
  return [values.flat().map((value, i) => ({ band: bands[i], value })), computed];
}

async function inspect(at) {
  if (!currentScene()) return;
  place = at;
  mark();
  $("inspect-place").textContent = coordinates(at);
  $("inspect").hidden = false;
  $("inspect-values").replaceChildren(el("p", { textContent: "…" }));
  try {
    const [rows, computed] = await valuesAt(at);
    if (place === at) show(rows, computed);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (place === at) $("inspect-values").replaceChildren(el("p", { textContent: error.message }));
  }
}

function show(rows, computed) {
  const spectral = rows.filter(({ band, value }) => wavelengthOf(band) && value !== null);
  const drawing = spectral.length > 2 ? [drawSpectrum(spectral)] : [];
  $("inspect-values").replaceChildren(...drawing, table(rows, computed));
}

function table(rows, computed) {
  const made = el("table");
  for (const { band, value } of rows)
    addRow(made, band.name, band.common_name !== band.name ? band.common_name : "", value);
  for (const { name, value } of computed) addRow(made, name, "", value).className = "computed";
  return made;
}

function addRow(made, name, about, value) {
  const row = made.insertRow();
  row.append(
    el(
      "th",
      { scope: "row", textContent: name, title: name },
      about ? el("small", { textContent: ` ${about}` }) : null,
    ),
  );
  row.append(el("td", { textContent: number(value) }));
  return row;
}

function mark() {
  marks.clear();
  if (place) marks.addFeature(new Feature(new Point(toMap(place))));
}

function close() {
  if ($("inspect").contains(document.activeElement)) $("map").focus();
  place = null;
  mark();
  $("inspect").hidden = true;
}

export function mountInspect() {
  const ring = (color, width) =>
    new Style({
      image: new Circle({
        radius: 7,
        stroke: new Stroke({ color, width }),
        fill: new Fill({ color: "rgba(0,0,0,0)" }),
      }),
    });
  map.addLayer(new VectorLayer({ source: marks, zIndex: 990, style: [ring("#000000", 4), ring("#ffffff", 2)] }));
  map.on("singleclick", (event) => {
    if (!isDrawing() && !chooseAt(event.coordinate)) inspect(toPlace(event.coordinate));
  });
  $("map").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target === $("map")) inspect(toPlace(map.getView().getCenter()));
  });
  $("inspect-close").onclick = close;
  addEventListener("keydown", (event) => event.key === "Escape" && close());
  watch(["scene", "bands"], () => place && inspect(place));
}
