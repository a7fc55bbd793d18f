// How a layer is shown, read from the parameters of its tiles and written back into them.

import { address, known } from "./server.js";
import { found, sceneOfLayer } from "./state.js";

/** Parameters that say which bands a picture is of. */
const CHOOSING = [
  "assets",
  "bidx",
  "bands",
  "asset_bidx",
  "asset_expression",
  "expression",
  "index",
  "algorithm",
  "algorithm_params",
];
const READING = new Set([...CHOOSING, "nodata", "unscale", "mask"]);

/** Whether a parameter says what is read, rather than how it is coloured. */
export const isReading = (name) => READING.has(name);

const ZOOMS = new Set(["minzoom", "maxzoom"]);

/** The query of a layer as [name, value] pairs; zooms mean nothing but to a TileJSON. */
export function pairsOf(layer, { zooms = false, only = () => true } = {}) {
  const pairs = [["url", sceneOfLayer(layer).url]];
  for (const [name, values] of Object.entries(layer.params)) {
    if (only(name) && (zooms || !ZOOMS.has(name))) values.forEach((value) => pairs.push([name, value]));
  }
  return pairs;
}

/** The address of a route of the layer's dataset, such as `tilejson.json`, for exactly this picture. */
export const routeOf = (layer, route, more = [], options = {}) =>
  address(`${sceneOfLayer(layer).ds}/${route}`, [...pairsOf(layer, options), ...more]);

/** What is read, and not how it is coloured. */
export const readingOf = (layer, route, more = []) => routeOf(layer, route, more, { only: isReading });

export const tilejsonOf = (layer) => known(routeOf(layer, "tilejson.json", [], { zooms: true }));

export const first = (params, name) => params[name]?.[0] ?? "";
export const isFormula = (params) => Boolean(params.expression || params.index);

/** Whether a picture has one band, which a colour ramp paints. */
export const isSingle = (params) =>
  isFormula(params) ? !/[;,]/.test(first(params, "expression")) : bandsOf(params).length === 1;

/** Entries of `found.bands` that a picture shows, in the order of its channels; empty when it is a formula. */
export function bandsOf(params) {
  if (isFormula(params)) return [];
  const bidx = params.bidx?.flatMap((text) => text.split(","));
  if (!params.assets) return (bidx ?? defaultBidx()).map((n) => bandWith("bidx", n)).filter(Boolean);
  return params.assets.flatMap(splitAssets).flatMap((name) => bandsOfAsset(name, bidx));
}

const defaultBidx = () =>
  found.bands
    .filter(({ params }) => params.bidx)
    .slice(0, 3)
    .map(({ params }) => params.bidx[0]);
const bandWith = (name, value) => found.bands.find((band) => band.params[name]?.[0] === value);

function bandsOfAsset(name, bidx) {
  const exact = bandWith("assets", name) ?? found.bands.find((band) => band.common_name === name);
  if (exact) return [exact];
  const parts = found.bands.filter((band) => band.params.assets?.[0].startsWith(`${name}|`));
  return bidx ? bidx.map((n) => bandWith("assets", `${name}|bidx=${n}`)).filter(Boolean) : parts.slice(0, 3);
}

/** Names of a value such as `B04,B03`; the options of one have commas of their own. */
const splitAssets = (text) => (text.includes("|") ? [text] : text.split(","));

/** The parameters of a picture of these bands; three bands keep the colour formula of three, one keeps its ramp. */
export function withBands(params, bands) {
  const rest = without(params, [...CHOOSING, "colormap", "colormap_name", "color_formula", "rescale"]);
  const name = bands[0].params.assets ? "assets" : "bidx";
  const colours =
    bands.length === 1 ? { colormap_name: params.colormap_name } : { color_formula: params.color_formula };
  const stretch = colours.color_formula ? {} : { rescale: ["auto"] };
  return withParams(rest, { ...stretch, ...colours, [name]: bands.map((band) => band.params[name][0]) });
}

/** The parameters of a picture of a formula. */
export function withFormula(params, expression) {
  const rest = without(params, [...CHOOSING, "color_formula", "rescale"]);
  const ratio = /^\(([^()]+)-([^()]+)\)\/\(\1\+\2\)$/.test(expression.replaceAll(" ", ""));
  return {
    colormap_name: ["viridis"],
    ...rest,
    rescale: isFormula(params) && params.rescale ? params.rescale : [ratio ? "-1,1" : "auto"],
    expression: [expression],
  };
}

/** The parameters with some of them changed; empty ones are taken out. */
export function withParams(params, part) {
  const merged = { ...params, ...part };
  return Object.fromEntries(Object.entries(merged).filter(([, values]) => values?.length && values[0] !== ""));
}

export function without(params, names) {
  return Object.fromEntries(Object.entries(params).filter(([name]) => !names.includes(name)));
}

/** The parameters of a preset; clouds that were left out before stay so. */
export const withPreset = ({ params }, before) => withParams(params, { mask: before?.mask });

/** What a layer is called when nobody named it. */
export function titleOf(params) {
  if (params.expression) return params.expression[0];
  if (params.index) return params.index[0].toUpperCase();
  if (params.algorithm) return params.algorithm[0];
  return (
    bandsOf(params)
      .map(({ name }) => name)
      .join(", ") ||
    (params.assets ?? []).join(", ") ||
    "Raster"
  );
}
