// Ways to show the scene, each with a small picture of it.

import { $, el } from "../dom.js";
import { routeOf, withPreset, without } from "../look.js";
import { activeLayer, changeLayer, currentScene, found, state, watch } from "../state.js";
import { layerOf } from "./open.js";

const SIDE = 128; // pixels of a thumbnail
const SHOWN_MAX = 8;
let drawn = ""; // what the thumbnails are of

const same = (a, b) => JSON.stringify(without(a, ["mask"])) === JSON.stringify(b);

function tile(preset) {
  const picture = el("img", {
    alt: "",
    width: 64,
    height: 64,
    loading: "lazy",
    src: routeOf(layerOf(preset), "preview.webp", [["max_size", SIDE]]),
    onerror: ({ target }) => target.removeAttribute("src"), // an empty frame, and no broken picture
  });
  return el(
    "button",
    {
      type: "button",
      className: "preset",
      title: preset.title,
      onclick: () => changeLayer({ params: withPreset(preset, activeLayer().params), title: preset.title }),
    },
    picture,
    el("span", { textContent: preset.title }),
  );
}

function draw() {
  const presets = found.presets.slice(0, SHOWN_MAX);
  $("looks").hidden = presets.length === 0;
  const key = JSON.stringify([currentScene()?.url, presets]);
  if (currentScene() && key !== drawn && found.describes === state.scene) {
    drawn = key;
    $("preset-list").replaceChildren(...presets.map(tile));
  }
  [...$("preset-list").children].forEach((button, i) => {
    button.setAttribute("aria-pressed", Boolean(activeLayer()) && same(activeLayer().params, presets[i]?.params ?? {}));
  });
}

export function mountPresets() {
  watch(["presets", "scene", "layers", "active"], draw);
}
