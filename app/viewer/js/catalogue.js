// What is behind a URL, or in a dropped file: scenes, newest first; and what is known of one of them.

import { BASE, Problem, address, ask, known, posted } from "./server.js";

const SCENES_MAX = 200; // on the slider
const SEARCH = "search:";

/** Scenes of a source: `{ source, scenes, notes }`. An empty source is the sample catalogue. */
export async function openSource(source, ds = "") {
  if (!source) return openSample();
  if (source.startsWith(SEARCH))
    return listed(source, await ask(address(`search/${source.slice(SEARCH.length)}/items`)));
  if (ds || isRaster(source)) return alone(source, ds || "cog");
  try {
    const list = listed(
      source,
      await ask(
        address("search/items", [
          ["url", source],
          ["max_items", SCENES_MAX],
        ]),
      ),
    );
    if (list.scenes.length) return list;
    throw new Problem(list.notes.join(" ") || "There is no scene behind this address.");
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    return orAlone(source, problem);
  }
}

/** What a search leaves out (an item without a time), and a raster whose name does not say so, can be shown all the same. */
async function orAlone(source, problem) {
  for (const ds of ["stac", "cog"]) {
    try {
      await presetsOf({ ds, url: source });
      return alone(source, ds);
    } catch (refusal) {
      if (!(refusal instanceof Problem)) throw refusal;
    }
  }
  throw problem;
}

/** Scenes of a STAC document that was dropped on the page. */
export async function openDocument(document) {
  const own = document.links?.find(({ rel }) => rel === "self")?.href;
  if (document.type === "Catalog" || document.type === "Collection") {
    if (!own)
      throw new Problem("This document does not say where it is (a link with rel=self); paste its URL instead.");
    return openSource(own);
  }
  const collection = document.type === "Feature" ? { type: "FeatureCollection", features: [document] } : document;
  const { id } = await ask(address("search"), posted(collection));
  const list = await openSource(SEARCH + id);
  if (list.scenes.length) return list;
  throw new Problem(list.notes.join(" ") || "No item in this document says where it is (a link with rel=self).");
}

/** Bounds, bands and presets of a scene. */
export const presetsOf = ({ ds, url }) => known(address(`${ds}/presets`, [["url", url]]));

async function openSample() {
  const landing = await ask(BASE.href, { headers: { Accept: "application/json" } });
  const search = landing.links.find(({ rel }) => rel === "search");
  if (!search) return { source: "", scenes: [], notes: [] };
  return listed(
    "",
    await ask(
      address("search/items", [
        ["api", new URL("v0", BASE).href],
        ["max_items", SCENES_MAX],
      ]),
    ),
  );
}

const isRaster = (source) => /\.tiff?$/i.test(source.split(/[?#]/)[0]);
const alone = (source, ds) => ({ source, ds, scenes: [sceneAt(source, ds)], notes: [] });

const sceneAt = (url, ds) => ({
  id: decodeURIComponent(url.split(/[?#]/)[0].replace(/\/$/, "").split("/").pop()),
  url,
  ds,
  date: null,
  cloud: null,
  geometry: null,
});

function listed(source, collection) {
  const scenes = collection.features
    .filter(({ links }) => links.some(({ rel }) => rel === "self"))
    .map((feature) => ({
      id: feature.id,
      url: feature.links.find(({ rel }) => rel === "self").href,
      ds: "stac",
      date: feature.properties.datetime ? new Date(feature.properties.datetime) : null,
      cloud: feature.properties["eo:cloud_cover"] ?? null,
      geometry: feature.geometry,
      bounds: feature.bbox,
    }));
  scenes.sort((a, b) => (b.date ?? 0) - (a.date ?? 0));
  return { source, scenes, notes: collection.notes };
}
