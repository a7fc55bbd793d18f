// Two pictures side by side: the right one is drawn to the right of a handle that can be moved.

import { getRenderPixel } from "../../vendor/map.js";
import { $, el, shortDay } from "../dom.js";
import { activeLayer, change, currentScene, found, sceneOf, state, watch } from "../state.js";
import { map } from "./view.js";

const STEP = 0.02; // of the map's width, for an arrow key
let listening = []; // [layer, event, heard]

/** Clip layers to their side of the handle. */
export function clipBeside(layers) {
  for (const [layer, event, heard] of listening) layer.un(event, heard);
  listening = [];
  if (!state.compare) return map.render();
  for (const { layer, right } of layers) {
    const before = (event) => clip(event, right);
    const after = (event) => event.context.restore();
    layer.on("prerender", before);
    layer.on("postrender", after);
    listening.push([layer, "prerender", before], [layer, "postrender", after]);
  }
  map.render();
}

function clip(event, right) {
  const [width, height] = map.getSize();
  const x = width * state.compare.at;
  const corners = right
    ? [
        [x, 0],
        [width, 0],
        [width, height],
        [x, height],
      ]
    : [
        [0, 0],
        [x, 0],
        [x, height],
        [0, height],
      ];
  const { context } = event;
  context.save();
  context.beginPath();
  corners.forEach((corner, i) => context[i ? "lineTo" : "moveTo"](...getRenderPixel(event, corner)));
  context.closePath();
  context.clip();
}

function moveTo(at) {
  state.compare = { ...state.compare, at: Math.min(Math.max(at, 0.02), 0.98) };
  place();
  map.render();
}

function place() {
  const { compare } = state;
  $("swipe").hidden = !compare;
  if (!compare) return;
  $("swipe").style.left = `${100 * compare.at}%`;
  $("swipe-handle").setAttribute("aria-valuenow", Math.round(100 * compare.at));
}

/** Begin with the scene before this one, in the same look, or with another look where there is one scene. */
function start() {
  const layer = activeLayer();
  if (!layer) return;
  const others = found.scenes.filter(({ id }) => id !== state.scene);
  const now = currentScene();
  const clear = others.filter(({ cloud }) => cloud === null || cloud < 10);
  const month = 30 * 24 * 3600 * 1000;
  const far = (scene) => Math.abs((scene.date ?? 0) - (now.date ?? 0)) > 3 * month;
  const other = clear.find(far) ?? clear[0] ?? others[0];
  const preset = other
    ? null
    : found.presets.find(({ params }) => JSON.stringify(params) !== JSON.stringify(layer.params));
  change({
    compare: {
      params: (preset ?? layer).params,
      title: (preset ?? layer).title,
      scene: other?.id ?? state.scene,
      opacity: 1,
      hidden: false,
      at: 0.5,
    },
  });
}

function controls() {
  $("compare").setAttribute("aria-pressed", Boolean(state.compare));
  $("compare-card").hidden = !state.compare;
  place();
  if (!state.compare) return;
  const scenes = found.scenes.filter(({ date }) => date);
  $("compare-scene").replaceChildren(
    ...scenes.map((scene) => option(scene.id, `${shortDay(scene.date)} · ${Math.round(scene.cloud ?? 0)} %`)),
  );
  $("compare-scene").value = state.compare.scene ?? "";
  $("compare-scene").parentElement.hidden = scenes.length < 2;
  const titles = found.presets.map((preset, i) => option(String(i), preset.title));
  $("compare-look").replaceChildren(option("same", "The same look"), ...titles);
  const now = JSON.stringify(state.compare.params);
  const chosen = found.presets.findIndex(({ params }) => JSON.stringify(params) === now);
  $("compare-look").value = now === JSON.stringify(activeLayer()?.params) || chosen < 0 ? "same" : String(chosen);
  const left = currentScene()?.date;
  const right = sceneOf(state.compare.scene)?.date;
  $("swipe-left").textContent = left ? shortDay(left) : (activeLayer()?.title ?? "");
  $("swipe-right").textContent = right && right !== left ? shortDay(right) : state.compare.title;
}

const option = (value, text) => el("option", { value, textContent: text });

export function mountSwipe() {
  $("compare").onclick = () => (state.compare ? change({ compare: null }) : start());
  $("compare-close").onclick = () => change({ compare: null });
  $("compare-scene").onchange = ({ target }) => change({ compare: { ...state.compare, scene: target.value } });
  $("compare-look").onchange = ({ target }) => {
    const { params, title } = found.presets[target.value] ?? activeLayer();
    change({ compare: { ...state.compare, params, title } });
  };
  const handle = $("swipe-handle");
  handle.onpointerdown = (event) => handle.setPointerCapture(event.pointerId);
  handle.onpointermove = (event) => {
    if (!handle.hasPointerCapture(event.pointerId)) return;
    const frame = $("map").getBoundingClientRect();
    moveTo((event.clientX - frame.left) / frame.width);
  };
  handle.onpointerup = () => change({ compare: state.compare });
  handle.onkeydown = (event) => {
    const step = { ArrowLeft: -STEP, ArrowRight: STEP }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    moveTo(state.compare.at + step);
    change({ compare: state.compare });
  };
  watch(["compare", "scene", "scenes", "presets", "layers"], controls);
}
