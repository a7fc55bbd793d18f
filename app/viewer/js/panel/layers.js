// The pictures that lie over each other: which, in which order, how opaque; the chosen one is what the controls below change.

import { $, announce, el, iconButton, shortDay } from "../dom.js";
import { titleOf } from "../look.js";
import { change, changeLayer, currentScene, found, sceneOf, state, watch } from "../state.js";
import { layerOf } from "./open.js";

const LAYERS_MAX = 6;

function add() {
  const used = new Set(state.layers.map(({ params }) => JSON.stringify(params)));
  const preset = found.presets.find(({ params }) => !used.has(JSON.stringify(params))) ?? found.presets[0];
  change({ layers: [layerOf(preset), ...state.layers], active: 0 });
}

function remove(index) {
  const layers = state.layers.filter((_, i) => i !== index);
  change({ layers, active: Math.min(state.active > index ? state.active - 1 : state.active, layers.length - 1) });
}

function lift(index) {
  const layers = [...state.layers];
  [layers[index - 1], layers[index]] = [layers[index], layers[index - 1]];
  const active = state.active === index ? index - 1 : state.active === index - 1 ? index : state.active;
  change({ layers, active });
}

/** Keep a layer at the scene that it shows now, or let it follow the slider again. */
function pin(index) {
  const layer = state.layers[index];
  const scene = layer.scene ? null : state.scene;
  changeLayer({ scene }, index);
  announce(scene ? "The layer stays at this date" : "The layer follows the date");
}

function row(layer, index) {
  const title = layer.title || titleOf(layer.params);
  const choose = el("button", {
    type: "button",
    className: "layer-name",
    textContent: title,
    onclick: () => change({ active: index }),
    "aria-pressed": index === state.active,
  });
  if (layer.scene && sceneOf(layer.scene)?.date)
    choose.append(el("small", { textContent: ` ${shortDay(sceneOf(layer.scene).date)}` }));
  const shown = iconButton(layer.hidden ? "hidden" : "shown", `Show ${title}`, () =>
    changeLayer({ hidden: !layer.hidden }, index),
  );
  shown.setAttribute("aria-pressed", !layer.hidden);
  const opacity = el("input", {
    type: "range",
    min: 0,
    max: 1,
    step: 0.05,
    value: layer.opacity,
    "aria-label": `Opacity of ${title}`,
    oninput: ({ target }) => changeLayer({ opacity: Number(target.value) }, index),
  });
  const several = state.layers.length > 1;
  return el(
    "li",
    { className: index === state.active ? "chosen" : "" },
    shown,
    choose,
    opacity,
    several && found.scenes.length > 1 ? pinButton(layer, index, title) : null,
    several && index > 0 ? iconButton("up", `Move ${title} up`, () => lift(index)) : null,
    several ? iconButton("close", `Remove ${title}`, () => remove(index)) : null,
  );
}

function pinButton(layer, index, title) {
  const button = iconButton("pin", `Keep ${title} at this date`, () => pin(index));
  button.setAttribute("aria-pressed", Boolean(layer.scene));
  return button;
}

function draw() {
  const focused = document.activeElement;
  if (focused?.type === "range" && $("layer-list").contains(focused)) return; // it is being moved
  $("layers").hidden = !currentScene();
  const label =
    focused && $("layer-list").contains(focused) ? (focused.getAttribute("aria-label") ?? focused.textContent) : null;
  $("layer-list").replaceChildren(...state.layers.map(row));
  $("add-layer").disabled = state.layers.length >= LAYERS_MAX;
  if (label === null) return;
  const names = [...$("layer-list").querySelectorAll("button")];
  names.find((button) => (button.getAttribute("aria-label") ?? button.textContent) === label)?.focus();
}

export function mountLayers() {
  $("add-layer").onclick = add;
  watch(["layers", "active", "scene", "scenes"], draw);
}
