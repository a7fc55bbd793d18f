// What to show: an address that is typed or pasted, or a file that is chosen or dropped on the page.

import { openDocument, openSource, presetsOf } from "../catalogue.js";
import { $, day, notice } from "../dom.js";
import { fit, isInSight, toView } from "../map/view.js";
import { Problem } from "../server.js";
import { change, currentScene, discover, found, state, watch } from "../state.js";
import { openArchive } from "./archives.js";

const CLEAR_PERCENT = 1; // of cloud; a scene below counts as clear
const DROPPED_MAX = 2 ** 21; // bytes that the server takes

/** Show scenes; `kept` says what of the look comes from the address. */
async function show({ source, ds = "", scenes, notes }, kept = {}) {
  if (!scenes.length) {
    discover({ scenes, bands: [], presets: [], bounds: null });
    return;
  }
  const clear = scenes.find(({ cloud }) => cloud === null || cloud < CLEAR_PERCENT);
  const scene = scenes.find(({ id }) => id === kept.scene) ?? clear ?? scenes[0];
  const told = await presetsOf(scene);
  const layers = kept.layers?.length ? kept.layers : [layerOf(told.presets[0])];
  discover({ scenes, bands: told.bands, presets: told.presets, bounds: told.bounds, describes: scene.id });
  change({ compare: null, area: null, active: 0, cloud: 100, ...kept, source, ds, scene: scene.id, layers });
  if (kept.at) toView(kept.at);
  if (!kept.at || !isInSight(told.bounds)) fit(told.bounds, { fill: true });
  if (notes.length) notice(notes.join(" "));
}

export const layerOf = ({ params, title }) => ({ params, title, opacity: 1, hidden: false, scene: null });

/** Say what is wrong below the field, in the server's words. */
async function trying(opening) {
  $("error").hidden = true;
  $("open-button").disabled = true;
  try {
    await opening();
    $("source").value = state.source;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    $("error").textContent = error.message;
    $("error").hidden = false;
  } finally {
    $("open-button").disabled = false;
  }
}

/** Begin with what the address says, else with the sample. */
export async function openAddress(said) {
  const { source, ds } = said;
  const given = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== null));
  $("source").value = source;
  await show(await openSource(source, ds), given);
  document.body.classList.toggle("empty", !found.scenes.length);
}

async function openText(text) {
  const isDocument = text.startsWith("{");
  await trying(async () => show(await (isDocument ? openDocument(parsed(text)) : openSource(text))));
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem("This is not JSON.");
  }
}

async function drop(event) {
  event.preventDefault();
  document.body.classList.remove("dropping");
  const [file] = event.dataTransfer.files;
  if (!file) return openText(event.dataTransfer.getData("text").trim());
  await openFile(file);
}

const isArchive = ({ name }) => /\.pmtiles$/i.test(name);

async function openFile(file) {
  await trying(async () => {
    if (isArchive(file)) return openArchive(file);
    if (file.size > DROPPED_MAX) throw new Problem("This file is larger than 2 MiB; give its URL instead.");
    await show(await openDocument(parsed(await file.text())));
  });
}

/** Words about the chosen scene, and what is known of it. */
async function describe() {
  const scene = currentScene();
  $("scene").hidden = !scene;
  $("absent").hidden = Boolean(scene) || state.source !== "";
  if (!scene) return;
  $("scene-title").textContent = scene.date ? day(scene.date) : scene.id;
  $("scene-id").textContent = scene.date ? scene.id : "";
  $("scene-cloud").textContent = scene.cloud === null ? "" : `${Math.round(scene.cloud)} % cloud`;
  document.title = `${$("scene-title").textContent} · Swath`;
  if (found.describes === scene.id) return;
  try {
    const told = await presetsOf(scene);
    if (scene === currentScene())
      discover({ bands: told.bands, presets: told.presets, bounds: told.bounds, describes: scene.id });
    if (!isInSight(told.bounds)) fit(told.bounds, { fill: true });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    notice(error.message);
  }
}

export function mountOpen() {
  $("open").onsubmit = (event) => {
    event.preventDefault();
    openText($("source").value.trim());
  };
  $("file").onchange = async ({ target }) => {
    if (target.files.length) await openFile(target.files[0]);
    target.value = ""; // the same file can be chosen again
  };
  $("choose").onclick = () => $("file").click();
  $("zoom-fit").onclick = () => found.bounds && fit(found.bounds);
  addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("dropping");
  });
  addEventListener("dragleave", (event) => !event.relatedTarget && document.body.classList.remove("dropping"));
  addEventListener("drop", drop);
  watch(["scene", "scenes"], describe);
}
