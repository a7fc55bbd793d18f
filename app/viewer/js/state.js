// What the page shows, as one object: it is the permalink. What is only known, and not chosen, is in `found`.

/** @typedef {{params: Object<string, string[]>, title: string, opacity: number, hidden: boolean, scene: ?string}} Layer
 *  `params` are those of a tile; `scene` pins a layer to one scene, else it shows the chosen one. */

export const state = {
  source: "", // URL of an item, collection, catalogue or raster, or `search:` and an id; empty: the sample
  ds: "", // "stac" or "cog" where the address says it, else it is found out
  scene: null, // id
  layers: [], // from top to bottom
  active: 0,
  compare: null, // { scene, params, title, at }: the right side of a swipe, `at` is the share of the left one
  area: null, // ring of [longitude, latitude], not closed
  cloud: 100, // percent; scenes with more are left out
  at: null, // { zoom, lat, lon }
  base: "land",
};

/** Scenes of the source, newest first; bands, presets and bounds are of the scene whose id is `describes`. */
export const found = { scenes: [], bands: [], presets: [], bounds: null, describes: null };

const watchers = [];
const changed = new Set();

/** Call `act` after any of these members changed; several changes at once are one. */
export function watch(names, act) {
  watchers.push({ names, act });
}

/** Change members of the state. */
export function change(part) {
  Object.assign(state, part);
  tell(...Object.keys(part));
}

/** Change members of what is known. */
export function discover(part) {
  Object.assign(found, part);
  tell(...Object.keys(part));
}

function tell(...names) {
  if (!changed.size) queueMicrotask(flush);
  names.forEach((name) => changed.add(name));
}

function flush() {
  const now = new Set(changed);
  changed.clear();
  for (const { names, act } of watchers) if (names.some((name) => now.has(name))) act();
}

export const activeLayer = () => state.layers[state.active];
export const sceneOf = (id) => found.scenes.find((scene) => scene.id === id) ?? null;
export const currentScene = () => sceneOf(state.scene);
export const sceneOfLayer = (layer) => sceneOf(layer.scene ?? state.scene);

/** Change the active layer, or the one that is named. */
export function changeLayer(part, index = state.active) {
  change({ layers: state.layers.map((layer, i) => (i === index ? { ...layer, ...part } : layer)) });
}

/** Scenes that the cloud filter leaves; those that tell no cover stay. */
export const clearScenes = () => found.scenes.filter(({ cloud }) => cloud === null || cloud <= state.cloud);
