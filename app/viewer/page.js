// The page: a catalogue's scenes, three ways to show them, values at a point, and the addresses to take away.
// Every address begins at the page's own, so that the page works behind a path prefix.

import { SlippyMap } from "./map.js";

const BASE = new URL(".", document.baseURI);
const NATURAL = "Gamma RGB 3.5 Saturation 1.7 Sigmoidal RGB 15 0.35";
const SOFTER = "Gamma RGB 3.5 Saturation 1.1 Sigmoidal RGB 13 0.35";
const LOOKS = {
  "true-colour": () => ({ assets: "B04,B03,B02", color_formula: NATURAL, resampling: "bilinear" }),
  infrared: () => ({ assets: "B08,B04,B03", color_formula: SOFTER, resampling: "bilinear" }),
  ndvi: () => ({ expression: "(B08-B04)/(B08+B04)", rescale: "-0.2,0.9", colormap_name: state.ramp }),
};
const RAMPS = ["rdylgn", "viridis"];
const BANDS = { B02: "Blue", B03: "Green", B04: "Red", B08: "Near infrared", SCL: "Class" };
const CLASSES = [
  "no data", "saturated", "dark", "cloud shadow", "vegetation", "bare soil", "water", "unclassified",
  "cloud, likely", "cloud", "thin cloud", "snow",
];
const CLEAR_PERCENT = 1; // of cloud; a scene below counts as clear

const $ = (id) => document.getElementById(id);
const map = new SlippyMap($("map"));
const state = { look: "true-colour", ramp: "rdylgn", scene: null, own: null };
let scenes = [];
let shown = null; // what is on the map: { item, assets, bounds }
let turn = 0; // grows with every change, so that a late answer is known as late

// ---- talking to the server

class Problem extends Error {}

/** Ask for JSON; a refusal becomes a Problem with the server's own words. */
async function ask(url, options) {
  let answer;
  try {
    answer = await fetch(url, options);
  } catch {
    throw new Problem("The server does not answer. Is it still running?");
  }
  const body = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Problem(body.detail ?? `The server answers ${answer.status} without a reason.`);
  return body;
}

async function findScenes() {
  const found = await ask(new URL("v0/search", BASE), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ limit: 100, fields: { include: ["links", "properties.datetime", "properties.eo:cloud_cover"] } }),
  });
  return found.features.map(({ id, links, properties }) => ({
    id,
    item: links.find(({ rel }) => rel === "self").href,
    date: new Date(properties.datetime),
    cloud: properties["eo:cloud_cover"],
  }));
}

// ---- what is shown

const currentScene = () => scenes.find(({ id }) => id === state.scene);

/** Item and parameters of what the state asks for. */
function wanted() {
  if (state.own) {
    const { url, assets, options } = state.own; // assets: none for a single raster
    const pairs = [...new URLSearchParams(options)];
    return { item: url, assets, pairs: [["url", url], ...(assets ? [["assets", assets]] : []), ...pairs] };
  }
  const { item } = currentScene();
  return { item, assets: Object.keys(BANDS).join(","), pairs: [["url", item], ...Object.entries(LOOKS[state.look]())] };
}

/** Bring the state onto the map; gives whether that went well. */
async function show({ fit = false } = {}) {
  const mine = ++turn;
  const { item, assets, pairs } = wanted();
  const address = new URL(`${room()}/tilejson.json`, BASE);
  address.search = new URLSearchParams(pairs);
  const tilejson = await ask(address);
  if (mine !== turn) return;
  const [template] = tilejson.tiles;
  shown = { item, assets, bounds: tilejson.bounds };
  $("stage").classList.remove("empty");
  map.show({ ...tilejson, template: drawable(template) });
  if (fit || !isInside(map.view, tilejson.bounds)) map.fit({ fill: true });
  $("xyz").value = template;
  $("tilejson").value = address.href;
  $("credit").textContent = new DOMParser().parseFromString(tilejson.attribution ?? "", "text/html").body.textContent;
  $("notice").hidden = true;
  showState();
}

/** Whether what is shown is an item or a single raster. */
const room = () => (state.own?.ds === "cog" ? "cog" : "stac");

/** The template as this page may load it: from its own origin (SWATH_PUBLIC_URL may name another), at the map's ratio. */
const drawable = (template) => BASE.href + template.slice(template.indexOf(`/${room()}/tiles/`) + 1).replace("@1x", "@{ratio}x");

const isInside = ({ lon, lat }, [west, south, east, north]) => lon >= west && lon <= east && lat >= south && lat <= north;

async function tell(showing) {
  try {
    await showing;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    $("notice").textContent = error.message;
    $("notice").hidden = false;
  }
}

function showState() {
  closePopup();
  $("looks").hidden = Boolean(state.own);
  $("legend").hidden = state.look !== "ndvi";
  press("[data-look]", (button) => button.dataset.look === state.look);
  press("[data-ramp]", (button) => button.dataset.ramp === state.ramp);
  for (const button of $("scene-list").querySelectorAll("button")) {
    const chosen = !state.own && button.dataset.scene === state.scene;
    button.toggleAttribute("aria-current", chosen);
    if (chosen) button.setAttribute("aria-current", "true");
  }
  const scene = currentScene();
  document.title = !state.own && scene ? `${day(scene.date)} · Swath` : "Swath";
  writeHash();
}

const press = (selector, chosen) =>
  document.querySelectorAll(selector).forEach((button) => button.setAttribute("aria-pressed", chosen(button)));

// ---- the address: #scene=…&show=…&at=zoom/lat/lon

function writeHash() {
  const { lon, lat, zoom } = map.view;
  const pairs = state.own
    ? { ...state.own }
    : { scene: state.scene, show: state.look, ...(state.look === "ndvi" ? { ramp: state.ramp } : {}) };
  const words = new URLSearchParams({ ...pairs, at: `${zoom.toFixed(2)}/${lat.toFixed(5)}/${lon.toFixed(5)}` });
  history.replaceState(null, "", `#${words}`.replaceAll("%2F", "/").replaceAll("%3A", ":").replaceAll("%2C", ","));
}

/** Take the state from the address; gives the view that it names, if it does. */
function readHash() {
  const words = new URLSearchParams(location.hash.slice(1));
  const word = (name, allowed, fallback) => (allowed.includes(words.get(name)) ? words.get(name) : fallback);
  state.look = word("show", Object.keys(LOOKS), state.look);
  state.ramp = word("ramp", RAMPS, state.ramp);
  state.scene = word("scene", scenes.map(({ id }) => id), state.scene);
  const url = words.get("url");
  state.own = url ? { url, assets: words.get("assets") ?? "", options: words.get("options") ?? "", ds: words.get("ds") ?? "stac" } : null;
  const [zoom, lat, lon] = (words.get("at") ?? "").split("/").map(Number);
  return Number.isFinite(lon) && Number.isFinite(zoom + lat) && Math.abs(lat) < 85 ? { zoom, lat, lon } : null;
}

// ---- values at a point

let picked = null;

async function pick(place) {
  if (!shown) return;
  picked = place;
  $("popup-place").textContent = coordinates(place);
  $("popup-values").replaceChildren(element("p", "…"));
  $("popup").hidden = false;
  placePopup();
  const rows = await valuesAt(place).catch((error) => [element("p", error.message)]);
  if (picked !== place) return;
  $("popup-values").replaceChildren(...rows);
  placePopup();
}

async function valuesAt({ lon, lat }) {
  if (!isInside({ lon, lat }, shown.bounds)) return [element("p", "No data here.")];
  const address = new URL(`${room()}/point/${lon.toFixed(6)},${lat.toFixed(6)}`, BASE);
  address.search = new URLSearchParams(
    state.own ? wanted().pairs.filter(([name]) => ["url", "assets", "expression", "bidx"].includes(name))
      : { url: shown.item, assets: shown.assets });
  const { values, band_descriptions: names } = await ask(address);
  return [valueTable(names.map((name) => name.replace(/_b1$/, "")), values)];
}

function valueTable(names, values) {
  const table = element("table");
  const known = !state.own; // the sample's bands have names, classes and an index
  const isClass = (name) => known && name === "SCL";
  const most = Math.max(0, ...values.filter((value, i) => value !== null && !isClass(names[i])));
  names.forEach((name, i) => {
    const head = known ? (BANDS[name] ?? name) : name;
    if (isClass(name)) addRow(table, head, CLASSES[values[i]] ?? "no data");
    else addRow(table, head, number(values[i]), most && Math.max(values[i], 0) / most);
  });
  const [red, nir] = ["B04", "B08"].map((name) => values[names.indexOf(name)]);
  if (known && red + nir > 0) addRow(table, "NDVI", ((nir - red) / (nir + red)).toFixed(2).replace("-", "−")).className = "sum";
  return table;
}

/** One row; with a bar when `share`, 0 to 1, is given. */
function addRow(table, head, text, share) {
  const row = table.insertRow();
  row.append(Object.assign(element("th", head), { scope: "row" }));
  if (share !== undefined) {
    const bar = row.insertCell();
    bar.className = "bar";
    bar.append(element("span"));
    bar.firstChild.style.width = `${100 * share}%`;
  }
  Object.assign(row.insertCell(), { textContent: text, colSpan: share === undefined ? 2 : 1 });
  return row;
}

function placePopup() {
  const popup = $("popup");
  if (popup.hidden || !picked) return;
  const { x, y } = map.pixelOf(picked);
  const { clientWidth: width, clientHeight: height } = $("map");
  const below = y < popup.offsetHeight + 24;
  const left = Math.min(Math.max(x - popup.offsetWidth / 2, 8), width - popup.offsetWidth - 8);
  popup.classList.toggle("below", below);
  popup.style.transform = `translate(${Math.round(left)}px, ${Math.round(below ? y + 14 : y - popup.offsetHeight - 14)}px)`;
  popup.style.setProperty("--tip", `${Math.round(x - left)}px`);
  popup.style.visibility = x < 0 || y < 0 || x > width || y > height ? "hidden" : "";
}

function closePopup() {
  if ($("popup").contains(document.activeElement)) $("map").focus();
  picked = null;
  $("popup").hidden = true;
}

// ---- words and small things

const day = (date) => date.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
const number = (value) => (value === null ? "no data" : Number.isInteger(value) ? String(value) : value.toPrecision(4));
const coordinates = ({ lon, lat }) =>
  `${Math.abs(lat).toFixed(4)}° ${lat < 0 ? "S" : "N"}  ${Math.abs(lon).toFixed(4)}° ${lon < 0 ? "W" : "E"}`;

function element(name, text, className) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  return made;
}

function sceneRow({ id, date, cloud }) {
  const row = element("li");
  const button = element("button");
  button.type = "button";
  button.dataset.scene = id;
  button.setAttribute("aria-label", `${day(date)}, ${Math.round(cloud)} percent cloud`);
  const sky = element("span", undefined, "sky");
  sky.append(element("span"));
  sky.firstChild.style.width = `${cloud}%`;
  button.append(element("span", day(date)), sky, element("span", `${Math.round(cloud)} %`, "share"));
  button.onclick = () => {
    Object.assign(state, { scene: id, own: null });
    tell(show({ fit: !shown }));
  };
  row.append(button);
  return row;
}

/** A round length at most 90 pixels long. */
function drawScale() {
  const most = map.metresPerPixel * 90;
  const power = 10 ** Math.floor(Math.log10(most));
  const metres = [5, 2, 1].map((digit) => digit * power).find((length) => length <= most);
  $("scale").textContent = metres >= 1000 ? `${metres / 1000} km` : `${metres} m`;
  $("scale").style.width = `${Math.round(metres / map.metresPerPixel)}px`;
}

async function copy(button) {
  const field = $(button.dataset.copy);
  field.select();
  // Without https there is no clipboard object, and the older command does it.
  await (navigator.clipboard?.writeText(field.value) ?? document.execCommand("copy"));
  button.textContent = "Copied";
  $("announce").textContent = "Copied to the clipboard";
  setTimeout(() => (button.textContent = "Copy"), 1500);
}

// ---- put together

function connect() {
  let writing = 0;
  map.addEventListener("move", () => {
    placePopup();
    drawScale();
    clearTimeout(writing);
    if (shown) writing = setTimeout(writeHash, 200);
  });
  map.addEventListener("point", ({ detail }) => ($("place").textContent = detail ? coordinates(detail) : ""));
  map.addEventListener("pick", ({ detail }) => pick(detail));
  map.addEventListener("busy", ({ detail }) => $("progress").classList.toggle("on", detail));
  $("zoom-in").onclick = () => map.zoomBy(1);
  $("zoom-out").onclick = () => map.zoomBy(-1);
  $("zoom-fit").onclick = () => shown && map.fit();
  $("popup-close").onclick = closePopup;
  addEventListener("keydown", (event) => event.key === "Escape" && closePopup());
  addEventListener("hashchange", () => {
    const view = readHash();
    if (!state.own && !state.scene) return;
    tell(show()).then(() => view && (map.view = view));
  });
  document.querySelectorAll("[data-copy]").forEach((button) => (button.onclick = () => copy(button)));
  document.querySelectorAll("[data-look]").forEach((button) => (button.onclick = () => change({ look: button.dataset.look })));
  document.querySelectorAll("[data-ramp]").forEach((button) => (button.onclick = () => change({ ramp: button.dataset.ramp })));
  $("open").onsubmit = openOwn;
}

function change(part) {
  Object.assign(state, part);
  tell(show());
}

async function openOwn(event) {
  event.preventDefault();
  const before = state.own;
  state.own = Object.fromEntries([...new FormData($("open"))].map(([name, value]) => [name, value.trim()]));
  $("error").hidden = true;
  try {
    await show({ fit: true });
  } catch (error) {
    state.own = before;
    $("error").textContent = error.message;
    $("error").hidden = false;
  }
}

async function start() {
  connect();
  $("use").open = innerHeight > 700;
  const landing = await ask(BASE, { headers: { Accept: "application/json" } });
  const link = (rel) => landing.links.find((one) => one.rel === rel)?.href;
  const search = link("search");
  $("notebook").value = `titiler_endpoint = "${link("self")}"\nstac_endpoint = "${search}"`;
  for (const id of ["scenes", "catalogue-link", "notebook-field"]) $(id).hidden = !search;
  if (search) await listScenes();
  else showAbsence();
  const view = readHash();
  if (!state.own && !state.scene) return;
  for (const name of ["url", "assets", "options"]) $(`own-${name}`).value = state.own?.[name] ?? "";
  await show({ fit: true });
  if (view) map.view = view;
}

async function listScenes() {
  scenes = await findScenes();
  state.scene = (scenes.find(({ cloud }) => cloud < CLEAR_PERCENT) ?? scenes[0]).id;
  $("scenes-count").textContent = scenes.length;
  $("scene-list").replaceChildren(...scenes.map(sceneRow));
}

function showAbsence() {
  $("absent").hidden = $("hint").hidden = false;
  $("use").open = false;
  $("own").open = true;
}

tell(start());
