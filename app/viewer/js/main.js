// Put the page together: every control knows the state, and no control knows another.

import { $, notice, settled } from "./dom.js";
import { mountArea } from "./map/area.js";
import { mountFootprints } from "./map/footprints.js";
import { switchGround } from "./map/land.js";
import { mountSwipe } from "./map/swipe.js";
import { mountTiles } from "./map/tiles.js";
import { mountMap } from "./map/view.js";
import { mountInspect } from "./over/inspect.js";
import { mountLegend } from "./over/legend.js";
import { mountSeries } from "./over/series.js";
import { mountTimeline } from "./over/timeline.js";
import { mountBands } from "./panel/bands.js";
import { mountClouds } from "./panel/clouds.js";
import { mountColours } from "./panel/colours.js";
import { mountFormula } from "./panel/formula.js";
import { mountLayers } from "./panel/layers.js";
import { mountOpen, openAddress } from "./panel/open.js";
import { mountPresets } from "./panel/presets.js";
import { mountStretch } from "./panel/stretch.js";
import { readAddress, writeAddress } from "./permalink.js";
import { Problem } from "./server.js";
import { state, watch } from "./state.js";
import { mountUse } from "./take/use.js";
import { mountTheme } from "./theme.js";

const WAIT_MS = 250; // browsers refuse an address that changes with every step of a slider

const CONTROLS = [
  mountTheme,
  mountMap,
  mountTiles,
  mountFootprints,
  mountSwipe,
  mountArea,
  mountInspect,
  mountLegend,
  mountTimeline,
  mountSeries,
  mountOpen,
  mountPresets,
  mountLayers,
  mountBands,
  mountFormula,
  mountClouds,
  mountStretch,
  mountColours,
  mountUse,
];

async function open(said) {
  try {
    await openAddress(said);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    notice(error.message);
  }
}

function start() {
  const said = readAddress();
  Object.assign(state, { at: said.at, base: said.base });
  for (const mount of CONTROLS) mount();
  $("ground").onclick = switchGround;
  $("ground").setAttribute("aria-pressed", state.base === "osm");
  $("notice-close").onclick = () => notice();
  const remember = settled(() => state.layers.length && writeAddress(), WAIT_MS);
  watch(["source", "scene", "layers", "active", "compare", "area", "cloud", "at"], remember);
  addEventListener("hashchange", () => open(readAddress())); // typed by somebody: our own changes raise no event
  open(said);
}

start();
