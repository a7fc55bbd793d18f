// The state as the part of the address behind `#`, and back.

import { credentials } from "./server.js";
import { state } from "./state.js";

const OWN = "_"; // begins what a layer has besides the parameters of its tiles

/** Write the state into the address. */
export function writeAddress() {
  const words = new URLSearchParams();
  const put = (name, value, usual) => value !== usual && value !== null && words.set(name, value);
  put("url", state.source, "");
  put("ds", state.ds, "");
  put("access_token", credentials.token, "");
  put("scene", state.scene, null);
  for (const layer of state.layers) words.append("layer", layerText(layer));
  put("active", state.active, 0);
  if (state.compare) words.set("compare", layerText(state.compare));
  if (state.area)
    words.set("area", state.area.map((place) => place.map((each) => each.toFixed(6)).join(",")).join(";"));
  put("cloud", state.cloud, 100);
  if (state.at) words.set("at", [state.at.zoom.toFixed(2), state.at.lat.toFixed(5), state.at.lon.toFixed(5)].join("/"));
  const text = `${words}`.replaceAll("%2F", "/").replaceAll("%3A", ":").replaceAll("%2C", ",");
  history.replaceState(null, "", `#${text}`);
}

/** What the address says, as members of the state. */
export function readAddress() {
  const words = new URLSearchParams(location.hash.slice(1));
  const query = new URLSearchParams(location.search);
  credentials.token = words.get("access_token") ?? "";
  const layers = words.getAll("layer").map(layerOf);
  return {
    source: words.get("url") ?? query.get("url") ?? "",
    ds: words.get("ds") ?? "",
    scene: words.get("scene"),
    layers,
    active: Math.min(Math.max(number(words.get("active"), 0), 0), Math.max(layers.length - 1, 0)),
    compare: words.has("compare") ? layerOf(words.get("compare")) : null,
    area: areaOf(words.get("area")),
    cloud: number(words.get("cloud"), 100),
    at: placeOf(words.get("at")),
    base: query.get("base") ?? "land",
  };
}

function layerText({ params, title, opacity, hidden, scene, at }) {
  const words = new URLSearchParams();
  for (const [name, values] of Object.entries(params)) values.forEach((value) => words.append(name, value));
  if (title) words.set(`${OWN}title`, title);
  if (scene) words.set(`${OWN}scene`, scene);
  if (opacity < 1) words.set(`${OWN}opacity`, opacity);
  if (hidden) words.set(`${OWN}hidden`, "1");
  if (at !== undefined) words.set(`${OWN}at`, at.toFixed(3));
  return `${words}`;
}

function layerOf(text) {
  const params = {};
  const own = {};
  for (const [name, value] of new URLSearchParams(text)) {
    if (name.startsWith(OWN)) own[name.slice(OWN.length)] = value;
    else (params[name] ??= []).push(value);
  }
  const layer = {
    params,
    title: own.title ?? "",
    opacity: number(own.opacity, 1),
    hidden: own.hidden === "1",
    scene: own.scene ?? null,
  };
  return own.at === undefined ? layer : { ...layer, at: number(own.at, 0.5) };
}

function areaOf(text) {
  const ring = (text ?? "").split(";").map((place) => place.split(",").map(Number));
  return ring.length > 2 && ring.flat().every(Number.isFinite) ? ring : null;
}

function placeOf(text) {
  const [zoom, lat, lon] = (text ?? "").split("/").map(Number);
  return Number.isFinite(zoom + lat + lon) && Math.abs(lat) < 85 ? { zoom, lat, lon } : null;
}

function number(text, usual) {
  const value = Number(text ?? undefined);
  return Number.isFinite(value) ? value : usual;
}
