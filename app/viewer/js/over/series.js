// What the drawn area has on every date: rows come one by one from the server, and are drawn as they come.

import { $, announce, el, number, saveBlob, settled } from "../dom.js";
import { first, isReading } from "../look.js";
import { areaFeature } from "../map/area.js";
import { BASE, Problem, address, answerOf, ask, loaded, posted } from "../server.js";
import { activeLayer, change, currentScene, found, state, watch } from "../state.js";

const SEARCH = "search:";
const REDRAW_MS = 150;
let running = null; // what ends the request
let rows = []; // { id, date, statistics }
let chart = null;
let drawChart = null; // from a module that is loaded with the first chart

/** Where the scenes come from, as the time-series route takes it. */
function searched() {
  if (state.source.startsWith(SEARCH)) return [["search", state.source.slice(SEARCH.length)]];
  const where = state.source ? [["url", state.source]] : [["api", new URL("v0", BASE).href]];
  const told = found.scenes.every(({ cloud }) => cloud !== null);
  const clear = told && state.cloud < 100 ? [["filter", `eo:cloud_cover <= ${state.cloud}`]] : [];
  return [...where, ["max_items", found.scenes.length], ...clear];
}

const reading = () =>
  Object.entries(activeLayer().params)
    .filter(([name]) => isReading(name))
    .flatMap(([name, values]) => values.map((value) => [name, value]));

/** Lines of JSON as they arrive. */
async function* linesOf(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    const lines = (rest + (value ?? "")).split("\n");
    rest = lines.pop();
    for (const line of lines) if (line) yield JSON.parse(line);
    if (done) return;
  }
}

async function overTime(signal) {
  ({ drawChart } = await loaded(import("./chart.js")));
  const url = address("timeseries/statistics", [...searched(), ...reading(), ["f", "ndjson"]]);
  const answer = await answerOf(url, { ...posted(areaFeature()), signal });
  for await (const line of linesOf(answer.body)) {
    if (line.statistics) take(line);
    else finish(line);
  }
}

/** The numbers of one scene, where there is no other. */
async function once(signal) {
  const scene = currentScene();
  const url = address(`${scene.ds}/statistics`, [["url", scene.url], ...reading()]);
  const { properties } = await ask(url, { ...posted(areaFeature()), signal });
  rows = [{ id: scene.id, date: scene.date, statistics: properties.statistics }];
  $("series-table").replaceChildren(table(properties.statistics));
}

function table(statistics) {
  const made = el("table");
  const head = made.createTHead().insertRow();
  for (const name of ["", "mean", "spread", "least", "most"])
    head.append(el("th", { scope: "col", textContent: name }));
  const body = made.createTBody();
  for (const band of Object.values(statistics)) {
    const row = body.insertRow();
    row.append(el("th", { scope: "row", textContent: band.description }));
    for (const name of ["mean", "std", "min", "max"]) row.append(el("td", { textContent: number(band[name]) }));
  }
  return made;
}

function take({ id, datetime, statistics, done, total }) {
  if (Object.values(statistics).some(({ count }) => count)) rows.push({ id, date: new Date(datetime), statistics });
  if (total !== null) Object.assign($("series-progress"), { max: total, value: done }); // else the search is still going on
  $("series-told").textContent = total === null ? `${done} scenes` : `${done} of ${total} scenes`;
  redraw();
}

function finish({ left_out: leftOut, notes }) {
  const missing = leftOut.reduce((sum, { count }) => sum + count, 0);
  const words = [`${rows.length} dates`, missing ? `${missing} scenes left out` : "", ...notes].filter(Boolean);
  $("series-told").textContent = words.join(" · ");
  announce(`Chart of ${rows.length} dates`);
}

const redraw = settled(() => {
  if (!state.area || !rows.length) return;
  const sorted = [...rows].sort((a, b) => a.date - b.date);
  chart?.destroy();
  chart = drawChart($("series-chart"), sorted, { chosen: state.scene, choose: (id) => change({ scene: id }) });
}, REDRAW_MS);

async function measure() {
  stop();
  $("series").hidden = !state.area || !currentScene();
  if ($("series").hidden) return;
  const mine = (running = new AbortController());
  rows = [];
  chart?.destroy();
  chart = null;
  $("series-table").replaceChildren();
  $("series-title").textContent = first(activeLayer().params, "expression") || activeLayer().title || "Bands";
  $("series-told").textContent = "";
  show(true);
  try {
    await (found.scenes.length > 1 ? overTime : once)(mine.signal);
  } catch (error) {
    if (error.name !== "AbortError" && !(error instanceof Problem)) throw error;
    if (mine === running) $("series-told").textContent = error instanceof Problem ? error.message : "Cancelled";
  } finally {
    if (mine === running) show(false);
  }
}

function show(isRunning) {
  $("series-progress").hidden = $("series-cancel").hidden = !isRunning;
  $("series-progress").removeAttribute("value");
  $("series-csv").disabled = isRunning;
}

function stop() {
  running?.abort();
}

/** All rows as a table that spreadsheets read. */
function save() {
  const numbers = ["count", "valid_percent", "mean", "std", "min", "max", "median"];
  const quoted = (text) => `"${text.replaceAll('"', '""')}"`;
  const lines = [...rows]
    .sort((a, b) => a.date - b.date)
    .flatMap(({ id, date, statistics }) =>
      Object.values(statistics).map((band) =>
        [date?.toISOString() ?? "", id, quoted(band.description), ...numbers.map((name) => band[name] ?? "")].join(","),
      ),
    );
  const text = [["datetime", "id", "band", ...numbers].join(","), ...lines, ""].join("\n");
  saveBlob(new Blob([text], { type: "text/csv" }), "series.csv");
}

export function mountSeries() {
  $("series-close").onclick = () => change({ area: null });
  $("series-cancel").onclick = stop;
  $("series-csv").onclick = save;
  let measured = "";
  watch(["area", "layers", "active", "scenes", "cloud"], () => {
    const wanted = state.area && activeLayer() ? JSON.stringify([state.area, reading(), searched()]) : "";
    if (wanted === measured) return;
    measured = wanted;
    measure();
  });
  watch(["scene"], () => chart && redraw());
}
