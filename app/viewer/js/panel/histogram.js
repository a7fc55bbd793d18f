// How often each value occurs, with two handles for the darkest and the brightest one.

import { number, svg } from "../dom.js";

const WIDTH = 300;
const HEIGHT = 72;
const COLORS = ["var(--red)", "var(--green)", "var(--blue)"];
const COLUMNS = 75;
const AROUND = 0.35; // of the span that is seen on each side of it
const STEP = 0.01; // of what is seen, for an arrow key

/** Draw it into an element.
 *  `bands` are statistics, `chosen` the number of the one that is lit (null: all), `span` is [low, high],
 *  `moved([low, high])` is called when a handle was. */
export function drawHistogram(element, { bands, chosen, span, movable, moved }) {
  const focused = element.contains(document.activeElement) ? document.activeElement.dataset.end : null;
  const [from, to] = seen(bands, span);
  const x = (value) => ((value - from) / (to - from)) * WIDTH;
  const drawing = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  const counted = bands.map((band) => columns(band, from, to));
  const highest = Math.max(...counted.map(highestOf));
  counted.forEach((sums, i) => {
    const color = bands.length === 1 ? "var(--accent)" : COLORS[i];
    const faint = chosen !== null && chosen !== i;
    drawing.append(svg("path", { d: outline(sums, highest), fill: color, "fill-opacity": faint ? 0.12 : 0.5 }));
  });
  element.replaceChildren(drawing);
  if (!movable) return;
  const shade = ["low", "high"].map(() => element.appendChild(Object.assign(document.createElement("div"), { className: "shade" })));
  const now = [...span];
  const place = () => {
    shade[0].style.width = `${share(now[0])}%`;
    shade[1].style.left = `${share(now[1])}%`;
    shade[1].style.width = `${100 - share(now[1])}%`;
  };
  const share = (value) => Math.min(Math.max((100 * x(value)) / WIDTH, 0), 100);
  place();
  [0, 1].forEach((end) => {
    const handle = element.appendChild(makeHandle(end));
    const set = (value) => {
      const room = (to - from) / WIDTH;
      now[end] = end ? Math.max(value, now[0] + room) : Math.min(value, now[1] - room);
      handle.style.left = `${share(now[end])}%`;
      handle.setAttribute("aria-valuenow", now[end]);
      handle.setAttribute("aria-valuetext", number(now[end]));
      handle.dataset.value = number(Number(now[end].toPrecision(4)));
      place();
    };
    handle.setAttribute("aria-valuemin", from);
    handle.setAttribute("aria-valuemax", to);
    set(now[end]);
    handle.onpointerdown = (event) => handle.setPointerCapture(event.pointerId);
    handle.onpointermove = (event) => {
      if (!handle.hasPointerCapture(event.pointerId)) return;
      const frame = element.getBoundingClientRect();
      set(from + ((event.clientX - frame.left) / frame.width) * (to - from));
    };
    handle.onpointerup = () => moved(now);
    handle.onkeydown = (event) => {
      const step = { ArrowLeft: -STEP, ArrowRight: STEP, ArrowDown: -STEP, ArrowUp: STEP, PageDown: -10 * STEP, PageUp: 10 * STEP }[event.key];
      if (!step) return;
      event.preventDefault();
      set(now[end] + step * (to - from));
      moved(now);
    };
    if (focused === String(end)) handle.focus();
  });
}

function makeHandle(end) {
  const handle = document.createElement("div");
  handle.className = "handle";
  handle.tabIndex = 0;
  handle.dataset.end = end;
  handle.setAttribute("role", "slider");
  handle.setAttribute("aria-label", end ? "Value of the brightest colour" : "Value of the darkest colour");
  return handle;
}

/** What is seen: the span, the middle of the values, and a little around. */
function seen(bands, [low, high]) {
  const least = Math.min(...bands.map(({ min }) => min));
  const most = Math.max(...bands.map(({ max }) => max));
  const from = Math.min(low, ...bands.map((band) => band.percentile_2));
  const to = Math.max(high, ...bands.map((band) => band.percentile_98));
  const around = (to - from) * AROUND || 1;
  return [Math.min(Math.max(from - around, least), low), Math.max(Math.min(to + around, most), high)];
}

/** Counts in columns of equal width; bins of whole numbers would stand like the teeth of a comb. */
function columns({ histogram: [counts, edges] }, from, to) {
  const sums = Array(COLUMNS).fill(0);
  counts.forEach((count, i) => {
    const [first, last] = [edges[i], edges[i + 1]].map((edge) => ((edge - from) / (to - from)) * COLUMNS);
    for (let column = Math.max(Math.floor(first), 0); column < Math.min(last, COLUMNS); column++) {
      sums[column] += (count * (Math.min(last, column + 1) - Math.max(first, column))) / (last - first);
    }
  });
  return sums.map((sum, i) => ((sums[i - 1] ?? sum) + 2 * sum + (sums[i + 1] ?? sum)) / 4);
}

/** The height of the drawing: one column of nothing but water may stick out. */
function highestOf(sums) {
  const sorted = sums.filter(Boolean).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * 0.97)] ?? 1;
}

function outline(sums, highest) {
  const points = sums.map((sum, i) => {
    const y = HEIGHT - Math.min(sum / highest, 1) * (HEIGHT - 4);
    return `${(((i + 0.5) / COLUMNS) * WIDTH).toFixed(1)} ${y.toFixed(1)}`;
  });
  return `M0 ${HEIGHT}L${points.join("L")}L${WIDTH} ${HEIGHT}Z`;
}
