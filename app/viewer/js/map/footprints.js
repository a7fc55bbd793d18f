// Outlines of the scenes that lie elsewhere than the chosen one: to see, to point at, to choose.

import { Feature, Fill, GeoJSON, Stroke, Style, VectorLayer, VectorSource } from "../../vendor/map.js";
import { $, el, shortDay } from "../dom.js";
import { change, clearScenes, state, watch } from "../state.js";
import { whenThemed } from "../theme.js";
import { map } from "./view.js";

const LISTED_MAX = 6;
const source = new VectorSource();
const layer = new VectorLayer({ source, zIndex: 900 });
let hovered = null;

/** One outline for all scenes of the same place. */
function draw() {
  const places = new Map();
  for (const scene of clearScenes()) {
    if (!scene.geometry) continue;
    const key = JSON.stringify(scene.geometry.coordinates);
    places.set(key, [...(places.get(key) ?? []), scene]);
  }
  source.clear();
  const format = new GeoJSON({ featureProjection: "EPSG:3857" });
  for (const scenes of places.values()) {
    const feature = new Feature({ geometry: format.readGeometry(scenes[0].geometry), scenes });
    source.addFeature(feature);
  }
  layer.setVisible(places.size > 0);
}

const isChosen = (feature) => feature.get("scenes").some(({ id }) => id === state.scene);

function styleOf(color) {
  const line = (width, lineDash) => new Stroke({ color: color("--accent-line"), width, lineDash });
  const rest = new Style({ stroke: line(1.25, [5, 4]), fill: new Fill({ color: "rgba(0,0,0,0)" }) });
  const chosen = new Style({ stroke: line(1.25) });
  const lit = new Style({ stroke: line(2.5), fill: new Fill({ color: color("--accent-veil") }) });
  return (feature) => (feature === hovered ? lit : isChosen(feature) ? chosen : rest);
}

/** Outlines around a coordinate whose scenes are not on the map yet. */
const around = (coordinate) => {
  const here = source.getFeaturesAtCoordinate(coordinate);
  return here.some(isChosen) ? [] : here;
};

function point(event) {
  const [feature = null] = event.dragging ? [] : around(event.coordinate);
  if (feature !== hovered) {
    hovered = feature;
    layer.changed();
  }
  const tip = $("tip");
  tip.hidden = !hovered;
  map.getViewport().style.cursor = hovered ? "pointer" : "";
  if (!hovered) return;
  const scenes = hovered.get("scenes");
  const rows = scenes.slice(0, LISTED_MAX).map((scene) => el("li", { textContent: wordsOf(scene) }));
  const more = scenes.length > LISTED_MAX ? el("li", { textContent: `and ${scenes.length - LISTED_MAX} more` }) : null;
  tip.replaceChildren(el("ul", {}, ...rows, more));
  tip.style.transform = `translate(${event.pixel[0] + 14}px, ${event.pixel[1] + 14}px)`;
}

export const wordsOf = ({ id, date, cloud }) =>
  [date ? shortDay(date) : id, cloud === null ? null : `${Math.round(cloud)} % cloud`].filter(Boolean).join(" · ");

/** Choose the newest scene of an outline; gives whether there was one. */
export function chooseAt(coordinate) {
  const [feature] = around(coordinate);
  if (!feature) return false;
  change({ scene: feature.get("scenes")[0].id });
  return true;
}

export function mountFootprints() {
  map.addLayer(layer);
  whenThemed((color) => layer.setStyle(styleOf(color)));
  map.on("pointermove", point);
  watch(["scenes", "cloud"], draw);
  watch(["scene"], () => {
    layer.changed();
    $("tip").hidden = true;
  });
}
