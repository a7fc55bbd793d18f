// The layers of the state as tiles on the map. What was there stays until its successor has come.

import { TileLayer, XYZ, createXYZ } from "../../vendor/map.js";
import { $, credits, notice } from "../dom.js";
import { first, tilejsonOf } from "../look.js";
import { BASE, Problem } from "../server.js";
import { found, sceneOfLayer, state, watch } from "../state.js";
import { clipBeside } from "./swipe.js";
import { extentOf, limitZoom, map } from "./view.js";

const ABOVE = 10; // layers lie above the ground
const PATIENCE_MS = 4000; // after which the old picture goes, whether the new one is complete or not
const shown = new Map(); // name of a place in the stack → { key, layer }

/** Tiles as this page may load them: from its own origin, whatever SWATH_PUBLIC_URL names. */
const drawable = (template, ds) => BASE.href + template.slice(template.indexOf(`/${ds}/tiles/`) + 1);

function makeLayer(tilejson, picture) {
  const sharp = devicePixelRatio > 1.1;
  const template = drawable(tilejson.tiles[0], sceneOfLayer(picture).ds).replace("@1x", sharp ? "@2x" : "@1x");
  const grid = createXYZ({ minZoom: tilejson.minzoom, maxZoom: tilejson.maxzoom, tileSize: 256 });
  const source = new XYZ({
    url: template,
    tileGrid: grid,
    tilePixelRatio: sharp ? 2 : 1,
    interpolate: first(picture.params, "resampling") === "bilinear",
    transition: 200,
    wrapX: false,
  });
  return new TileLayer({ source, extent: extentOf(tilejson.bounds), className: "data" });
}

/** Replace what is at a place of the stack. */
function put(place, key, layer, zIndex, picture) {
  const before = shown.get(place);
  layer.setZIndex(zIndex);
  dress(layer, picture);
  map.addLayer(layer);
  shown.set(place, { key, layer });
  if (!before) return;
  const leave = () => map.removeLayer(before.layer);
  const timer = setTimeout(leave, PATIENCE_MS);
  map.once("rendercomplete", () => {
    clearTimeout(timer);
    leave();
  });
}

function dress(layer, { opacity, hidden }) {
  layer.setOpacity(opacity);
  layer.setVisible(!hidden);
}

/** Pictures by their place: the compared one, then the layers from top to bottom. */
function wanted() {
  const places = state.layers.map((layer, i) => [`${state.layers.length - i}`, layer, ABOVE + state.layers.length - i]);
  const beside = state.compare ? [["beside", { ...state.compare, opacity: 1, hidden: false }, ABOVE + 50]] : [];
  return [...beside, ...places].filter(([, picture]) => sceneOfLayer(picture));
}

let turn = 0; // so that a late answer is known as late
let isTroubled = false; // the message on the map is of the tiles

async function update() {
  const mine = ++turn;
  const pictures = wanted();
  try {
    const told = await Promise.all(pictures.map(([, picture]) => tilejsonOf(picture)));
    if (mine !== turn) return;
    if (isTroubled) notice();
    isTroubled = false;
    arrange(pictures, told);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (mine !== turn) return;
    isTroubled = true;
    notice(error.message);
  }
}

function arrange(pictures, told) {
  const places = new Set(pictures.map(([place]) => place));
  for (const [place, { layer }] of shown) {
    if (places.has(place)) continue;
    map.removeLayer(layer);
    shown.delete(place);
  }
  pictures.forEach(([place, picture, zIndex], i) => {
    const key = told[i].tiles[0];
    const now = shown.get(place);
    if (now?.key !== key) put(place, key, makeLayer(told[i], picture), zIndex, picture);
    else {
      now.layer.setZIndex(zIndex);
      dress(now.layer, picture);
    }
  });
  clipBeside([...shown].map(([place, { layer }]) => ({ layer, right: place === "beside" })));
  if (told.length) limitZoom({ scenes: Math.max(...told.map(({ maxzoom }) => maxzoom)) });
  const seen = told.filter((_, i) => !pictures[i][1].hidden);
  $("credit").textContent = credits(seen.map(({ attribution }) => attribution ?? ""));
  document.body.classList.toggle("empty", !found.scenes.length);
}

export function mountTiles() {
  watch(["layers", "scene", "scenes", "compare"], update);
}
