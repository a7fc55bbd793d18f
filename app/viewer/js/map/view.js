// The map: OpenLayers with the ground below and the view in the address. Places are { lon, lat } in degrees.

import {
  OlMap,
  View,
  defaultInteractions,
  fromLonLat,
  toLonLat,
  transformExtent,
  getPointResolution,
} from "../../vendor/map.js";
import { $, coordinates } from "../dom.js";
import { change, state } from "../state.js";
import { ground } from "./land.js";

const COVER = 0.96; // of the resolution at which a scene covers the map: its slanted edges stay outside
const STRIP = 4; // times longer than wide, compared with the map
const OVERZOOM = 3; // how far tiles of the last zoom are enlarged
const MARGIN = 40;
const HIGHEST = 85.06; // degrees, where web mercator ends

export const map = new OlMap({
  target: "map",
  controls: [],
  interactions: defaultInteractions({ altShiftDragRotate: false, pinchRotate: false }),
  view: new View({ center: [0, 0], zoom: 2, maxZoom: 22, constrainRotation: true, enableRotation: false }),
});

export const toPlace = (coordinate) => {
  const [lon, lat] = toLonLat(coordinate);
  return { lon, lat };
};
export const toMap = ({ lon, lat }) => fromLonLat([lon, lat]);
export const degreesOf = (extent) => transformExtent(extent, "EPSG:3857", "EPSG:4326");
export const extentOf = ([west, south, east, north]) =>
  transformExtent([west, Math.max(south, -HIGHEST), east, Math.min(north, HIGHEST)], "EPSG:4326", "EPSG:3857");

/** What is in sight, in metres of web mercator. */
export const shownExtent = () => map.getView().calculateExtent(map.getSize());

/** Show bounds: all of them, or (`fill`) so that they cover the map, unless they are a long strip. */
export function fit(bounds, { fill = false } = {}) {
  const extent = extentOf(bounds);
  const view = map.getView();
  const [width, height] = map.getSize();
  const [across, down] = [(extent[2] - extent[0]) / width, (extent[3] - extent[1]) / height];
  if (!fill || Math.max(across / down, down / across) > STRIP) {
    view.fit(extent, { padding: Array(4).fill(MARGIN), maxZoom: view.getMaxZoom() });
    return;
  }
  view.setCenter([(extent[0] + extent[2]) / 2, (extent[1] + extent[3]) / 2]);
  view.setResolution(Math.min(across, down) * COVER);
}

const deepest = { scenes: 19, archives: 1 }; // last zooms of what is on the map; 19 until scenes are known

/** Let the last zoom of the data be enlarged a little, and no more: `{ scenes }` or `{ archives }`, the deeper counts. */
export function limitZoom(told) {
  Object.assign(deepest, told);
  map.getView().setMaxZoom(Math.max(...Object.values(deepest)) + OVERZOOM);
}

export const zoomBy = (steps) =>
  map.getView().animate({ zoom: map.getView().getZoom() + steps, duration: calm() ? 0 : 180 });
export const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Whether a place is in sight. */
export function isInSight(bounds) {
  const [west, south, east, north] = degreesOf(shownExtent());
  return bounds[0] < east && bounds[2] > west && bounds[1] < north && bounds[3] > south;
}

/** Show what an address says. */
export function toView({ zoom, lat, lon }) {
  const view = map.getView();
  view.setCenter(toMap({ lon, lat }));
  view.setZoom(zoom);
}

function remember() {
  const view = map.getView();
  const { lon, lat } = toPlace(view.getCenter());
  change({ at: { zoom: view.getZoom(), lat, lon } });
}

/** A round length of at most 90 pixels. */
function drawScale() {
  const view = map.getView();
  const metres = getPointResolution("EPSG:3857", view.getResolution(), view.getCenter());
  const most = metres * 90;
  const power = 10 ** Math.floor(Math.log10(most));
  const length = [5, 2, 1].map((digit) => digit * power).find((each) => each <= most);
  $("scale").textContent = length >= 1000 ? `${length / 1000} km` : `${length} m`;
  $("scale").style.width = `${Math.round(length / metres)}px`;
}

export function mountMap() {
  ground(map);
  if (state.at) toView(state.at);
  map.on("moveend", () => {
    remember();
    drawScale();
  });
  map.on("pointermove", (event) => {
    if (!event.dragging) $("place").textContent = coordinates(toPlace(event.coordinate));
  });
  map.getViewport().addEventListener("pointerleave", () => ($("place").textContent = ""));
  map.on("loadstart", () => $("progress").classList.add("on"));
  map.on("loadend", () => $("progress").classList.remove("on"));
  $("zoom-in").onclick = () => zoomBy(1);
  $("zoom-out").onclick = () => zoomBy(-1);
}
