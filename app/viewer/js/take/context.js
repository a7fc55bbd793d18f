// What a snippet needs to know of the map: absolute addresses of the active layer.

import { credits } from "../dom.js";
import { first, routeOf, tilejsonOf, titleOf, pairsOf } from "../look.js";
import { extentOf, map, shownExtent, toPlace } from "../map/view.js";
import { BASE, address } from "../server.js";
import { activeLayer, sceneOfLayer } from "../state.js";

const SIDE_MAX = 2048; // pixels that the server draws at once
const SMALL_MAP = [600, 400]; // pixels, as in the narrow column of a notebook

/** Addresses and words of what is on the map. */
export async function takeAway() {
  const layer = activeLayer();
  const scene = sceneOfLayer(layer);
  const tilejson = await tilejsonOf(layer);
  const [width, height] = map.getSize();
  const scale = Math.min(SIDE_MAX / Math.max(width, height), devicePixelRatio > 1 ? 2 : 1);
  const size = `${Math.round(width * scale)}x${Math.round(height * scale)}`;
  const base = new URL(tilejson.tiles[0].slice(0, tilejson.tiles[0].indexOf(`/${scene.ds}/tiles/`) + 1)).href;
  const own = (url) => base + url.slice(BASE.href.length);
  const [png, tiff] = ["png", "tif"].map((format) => mercator(layer, `crop/${mercatorBox()}/${size}.${format}`));
  return {
    saved: { png, tif: tiff }, // from this page's own origin
    name: scene.id,
    title: layer.title || titleOf(layer.params),
    xyz: tilejson.tiles[0],
    tilejson: own(routeOf(layer, "tilejson.json", [], { zooms: true })),
    wmts: own(routeOf(layer, "WMTSCapabilities.xml")),
    array: own(routeOf(layer, `crop/${inside(tilejson.bounds)}.npy`, [["max_size", 512]], { only: isRead })),
    png: own(png),
    tiff: own(tiff),
    legend: own(routeOf(layer, "legend.png")),
    point: own(address(`${scene.ds}/point/${middle(tilejson.bounds)}`, pairsOf(layer, { only: isRead }))),
    bounds: tilejson.bounds,
    minzoom: tilejson.minzoom,
    maxzoom: tilejson.maxzoom,
    view: viewOf(tilejson),
    attribution: credits([tilejson.attribution ?? ""]),
    smooth: first(layer.params, "resampling") === "bilinear",
  };
}

const isRead = (name) =>
  !["rescale", "color_formula", "colormap_name", "colormap", "resampling", "return_mask"].includes(name);
const mercatorBox = () =>
  shownExtent()
    .map((each) => each.toFixed(2))
    .join(",");
const mercator = (layer, route) =>
  routeOf(layer, route, [
    ["coord_crs", "EPSG:3857"],
    ["dst_crs", "EPSG:3857"],
  ]);
const middle = ([west, south, east, north]) => `${((west + east) / 2).toFixed(5)},${((south + north) / 2).toFixed(5)}`;

/** The middle, and the zoom at which a small map shows all of it; of a strip, as much as its first zoom shows. */
function viewOf({ bounds, minzoom, maxzoom }) {
  const [west, south, east, north] = extentOf(bounds);
  const view = map.getView();
  const zoom = Math.floor(view.getZoomForResolution(view.getResolutionForExtent([west, south, east, north], SMALL_MAP)));
  return { ...toPlace([(west + east) / 2, (south + north) / 2]), zoom: Math.max(minzoom, Math.min(zoom, maxzoom)) };
}

/** The middle of the bounds, where there are surely pixels. */
function inside([west, south, east, north]) {
  const [dx, dy] = [(east - west) / 8, (north - south) / 8];
  const [x, y] = [(west + east) / 2, (south + north) / 2];
  return [x - dx, y - dy, x + dx, y + dy].map((each) => each.toFixed(5)).join(",");
}
