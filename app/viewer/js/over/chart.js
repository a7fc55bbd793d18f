// Means over time, each with its spread: the mean, and one standard deviation to either side.

import { uPlot } from "../../vendor/chart.js";
import { number, shortDay } from "../dom.js";
import { colorOf } from "../theme.js";

const HEIGHT = 190;
const COLORS = ["--red", "--green", "--blue", "--area", "--clear"];
const NEAR = 12; // pixels from a date that count as a click on it

/** Draw rows of { id, date, statistics }, sorted by date, into an element; gives the chart. */
export function drawChart(element, rows, { chosen, choose }) {
  const names = Object.keys(rows[0].statistics);
  const colors = names.map((_, i) => colorOf(names.length === 1 ? "--accent" : COLORS[i % COLORS.length]));
  const options = {
    width: element.clientWidth,
    height: HEIGHT,
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"),
    series: [DATE, ...names.flatMap((name, i) => lines(rows[0].statistics[name].description, colors[i]))],
    bands: colors.map((color, i) => ({
      series: [3 * i + 2, 3 * i + 3],
      fill: `color-mix(in srgb, ${color} 20%, transparent)`,
    })),
    axes: [axis(), { ...axis(), size: 52, values: (_, ticks) => ticks.map(number) }],
    legend: { live: true, markers: { width: 0 } },
    cursor: { y: false, points: { size: 8 } },
    hooks: { draw: [(plot) => mark(plot, rows, chosen)], ready: [(plot) => listen(plot, rows, choose)] },
  };
  element.setAttribute("aria-label", summary(rows, names));
  return new uPlot(options, columnsOf(rows, names), element);
}

const DATE = { label: "Date", value: (_, seconds) => (seconds === null ? "—" : shortDay(new Date(seconds * 1000))) };

/** The mean, and the ends of its spread, which are seen as a band only. */
const lines = (label, color) => [
  {
    label,
    stroke: color,
    width: 2,
    points: { show: true, size: 6, fill: colorOf("--raised") },
    value: (_, value) => (value === null ? "—" : number(value)),
  },
  { label: "above", stroke: "transparent", points: { show: false } },
  { label: "below", stroke: "transparent", points: { show: false } },
];

/** Seconds, then mean, mean + std and mean - std of each band; null where a date has no pixel. */
function columnsOf(rows, names) {
  const column = (name, of) => rows.map(({ statistics }) => (statistics[name]?.count ? of(statistics[name]) : null));
  return [
    rows.map(({ date }) => date / 1000),
    ...names.flatMap((name) => [
      column(name, ({ mean }) => mean),
      column(name, ({ mean, std }) => mean + std),
      column(name, ({ mean, std }) => mean - std),
    ]),
  ];
}

const axis = () => ({
  stroke: colorOf("--soft"),
  font: "11px system-ui, sans-serif",
  grid: { stroke: colorOf("--line"), width: 1 },
  ticks: { stroke: colorOf("--line"), width: 1, size: 4 },
});

/** A line at the date that is on the map. */
function mark(plot, rows, chosen) {
  const row = rows.find(({ id }) => id === chosen);
  if (!row) return;
  const { ctx, bbox } = plot;
  const x = plot.valToPos(row.date / 1000, "x", true);
  ctx.save();
  ctx.strokeStyle = colorOf("--soft");
  ctx.setLineDash([4, 3]);
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.restore();
}

/** A click on a date brings it onto the map. */
function listen(plot, rows, choose) {
  plot.over.addEventListener("click", ({ offsetX }) => {
    const distance = ({ date }) => Math.abs(plot.valToPos(date / 1000, "x") - offsetX);
    const nearest = rows.reduce((best, row) => (distance(row) < distance(best) ? row : best));
    if (distance(nearest) < NEAR) choose(nearest.id);
  });
}

function summary(rows, names) {
  const means = rows
    .map(({ statistics }) => statistics[names[0]]?.mean)
    .filter((mean) => mean !== null && mean !== undefined);
  const [least, most] = [Math.min(...means), Math.max(...means)];
  return `Mean of ${rows[0].statistics[names[0]].description} on ${rows.length} dates, from ${number(least)} to ${number(most)}`;
}
