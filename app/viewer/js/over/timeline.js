// The scenes in time: which there are, how cloudy they are, and one after the other.

import { $, announce, day, el, shortDay } from "../dom.js";
import { map } from "../map/view.js";
import { change, clearScenes, currentScene, found, state, watch } from "../state.js";

const PAUSE_MS = 900; // for a picture to be looked at
const PATIENCE_MS = 5000; // for one to come
let playing = false;

/** Scenes that the slider goes through, oldest first. */
const inTime = () =>
  clearScenes()
    .filter(({ date }) => date)
    .reverse();

function draw() {
  const dated = found.scenes.filter(({ date }) => date);
  $("timeline").hidden = dated.length < 2;
  if (dated.length < 2) return;
  const scenes = inTime();
  const [last, first] = [dated[0].date, dated.at(-1).date];
  const share = ({ date }) => (last - first ? (date - first) / (last - first) : 0.5);
  $("ticks").replaceChildren(...dated.map((scene) => tick(scene, share(scene), scenes.includes(scene))));
  $("from").textContent = shortDay(first);
  $("to").textContent = shortDay(last);
  const index = scenes.findIndex(({ id }) => id === state.scene);
  const slider = $("time");
  slider.max = Math.max(scenes.length - 1, 0);
  slider.value = Math.max(index, 0);
  const now = currentScene();
  slider.setAttribute("aria-valuetext", now?.date ? words(now) : "");
  $("now").textContent = now?.date ? shortDay(now.date) : "";
  $("earlier").disabled = index <= 0;
  $("later").disabled = index >= scenes.length - 1;
  $("cloud").value = state.cloud;
  $("cloud-told").textContent = state.cloud < 100 ? `${state.cloud} %` : "any";
  $("count").textContent =
    scenes.length < dated.length ? `${scenes.length} of ${dated.length} scenes` : `${dated.length} scenes`;
}

const words = ({ date, cloud }) => `${day(date)}${cloud === null ? "" : `, ${Math.round(cloud)} percent cloud`}`;

function tick(scene, at, isLeft) {
  const mark = el("button", {
    type: "button",
    className: isLeft ? "tick" : "tick out",
    tabIndex: -1,
    title: words(scene),
    dataset: { scene: scene.id },
    "aria-hidden": "true",
    onclick: () => change({ scene: scene.id }),
  });
  mark.style.left = `${100 * at}%`;
  mark.style.setProperty("--cloud-share", `${scene.cloud ?? 0}%`);
  if (scene.id === state.scene) mark.classList.add("now");
  return mark;
}

function step(by) {
  const scenes = inTime();
  const index = scenes.findIndex(({ id }) => id === state.scene);
  const next = scenes[index + by] ?? (by > 0 ? scenes[0] : null);
  if (next) change({ scene: next.id });
}

/** The picture is there, or it takes too long. */
const complete = () =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, PATIENCE_MS);
    setTimeout(() => {
      map.once("rendercomplete", () => {
        clearTimeout(timer);
        resolve();
      });
      map.render();
    }, 150); // the tiles of the next scene are asked for by then
  });

async function play() {
  playing = !playing;
  showPlaying();
  while (playing) {
    step(1);
    await complete();
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

function showPlaying() {
  $("play").setAttribute("aria-pressed", playing);
  $("play").setAttribute("aria-label", playing ? "Pause" : "Play");
  $("play")
    .querySelector("use")
    .setAttribute("href", playing ? "#i-pause" : "#i-play");
}

/** A scene that the filter leaves out is not shown any more. */
function filter() {
  const scenes = inTime();
  if (scenes.length && !scenes.some(({ id }) => id === state.scene)) {
    const now = currentScene()?.date ?? 0;
    const nearest = scenes.reduce((best, each) =>
      Math.abs(each.date - now) < Math.abs(best.date - now) ? each : best,
    );
    change({ scene: nearest.id });
  }
  draw();
}

export function mountTimeline() {
  $("time").oninput = ({ target }) => {
    const scene = inTime()[Number(target.value)];
    if (scene && scene.id !== state.scene) change({ scene: scene.id });
  };
  $("earlier").onclick = () => step(-1);
  $("later").onclick = () => step(1);
  $("play").onclick = play;
  $("cloud").oninput = ({ target }) => change({ cloud: Number(target.value) });
  watch(["cloud"], filter);
  watch(["scene"], () => currentScene()?.date && announce(words(currentScene())));
  watch(["scene", "scenes"], draw);
}
