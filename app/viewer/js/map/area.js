// Drawing an area on the map: corner by corner, or, without a pointer, the middle of what is in sight.

import {
  Draw,
  Feature,
  Fill,
  Modify,
  Polygon,
  Stroke,
  Style,
  Circle,
  VectorLayer,
  VectorSource,
  fromExtent,
} from "../../vendor/map.js";
import { $, announce } from "../dom.js";
import { change, state, watch } from "../state.js";
import { whenThemed } from "../theme.js";
import { map, shownExtent, toMap, toPlace } from "./view.js";

const MIDDLE = 0.25; // of the width and height, from the middle to each side
const DECIMALS = 6; // of a degree, as the address has them: a decimetre
const source = new VectorSource();
const layer = new VectorLayer({ source, zIndex: 950 });
let draw = null;
let style = null;

export const isDrawing = () => draw !== null;

function begin() {
  draw = new Draw({ source, type: "Polygon", style, stopClick: true });
  draw.on("drawstart", () => source.clear());
  draw.on("drawend", ({ feature }) => {
    end();
    take(feature.getGeometry());
  });
  map.addInteraction(draw);
  $("draw").setAttribute("aria-pressed", "true");
  $("draw-help").hidden = false;
}

function end() {
  if (!draw) return;
  const done = draw;
  draw = null;
  setTimeout(() => map.removeInteraction(done)); // it is in the middle of its own event
  $("draw").setAttribute("aria-pressed", "false");
  $("draw-help").hidden = true;
}

function take(polygon) {
  const ring = polygon.getCoordinates()[0].slice(0, -1);
  const rounded = (degrees) => Number(degrees.toFixed(DECIMALS));
  change({ area: ring.map(toPlace).map(({ lon, lat }) => [rounded(lon), rounded(lat)]) });
}

function takeMiddle() {
  end();
  const [west, south, east, north] = shownExtent();
  const [x, y] = [(west + east) / 2, (south + north) / 2];
  const [dx, dy] = [(east - west) * MIDDLE, (north - south) * MIDDLE];
  take(fromExtent([x - dx, y - dy, x + dx, y + dy]));
  announce("The middle of the map is the area");
}

function show() {
  source.clear();
  if (!state.area) return;
  const ring = state.area.map(([lon, lat]) => toMap({ lon, lat }));
  source.addFeature(new Feature(new Polygon([[...ring, ring[0]]])));
}

/** The area as GeoJSON. */
export const areaFeature = () => ({
  type: "Feature",
  properties: {},
  geometry: { type: "Polygon", coordinates: [[...state.area, state.area[0]]] },
});

export function mountArea() {
  map.addLayer(layer);
  const modify = new Modify({ source, style: () => style });
  modify.on("modifyend", ({ features }) => take(features.item(0).getGeometry()));
  map.addInteraction(modify);
  whenThemed((color) => {
    const stroke = new Stroke({ color: color("--area"), width: 2 });
    const fill = new Fill({ color: color("--area-veil") });
    style = new Style({ stroke, fill, image: new Circle({ radius: 5, fill: new Fill({ color: color("--area") }) }) });
    layer.setStyle(style);
  });
  $("draw").onclick = () => (isDrawing() ? end() : begin());
  $("draw-middle").onclick = takeMiddle;
  addEventListener("keydown", (event) => event.key === "Escape" && end());
  watch(["area"], show);
}
