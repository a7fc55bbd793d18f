// How often each value occurs, with two handles for the darkest and the brightest one.

import { el, number, svg } from "../dom.js";

const WIDTH = 300;
const HEIGHT = 72;
const COLORS = ["var(--red)", "var(--green)", "var(--blue)"];
const COLUMNS = 75;
const AROUND = 0.35; // of the span that is seen on each side of it
const STEPS = { ArrowLeft: -0.01, ArrowDown: -0.01, ArrowRight: 0.01, ArrowUp: 0.01, PageDown: -0.1, PageUp: 0.1 }; // of what is seen

/** Draw it into an element.
 *  `bands` are statistics, `chosen` the number of the one that is lit (null: all), `span` is [low, high],
 *  `moved([low, high])` is called when a handle was. */
export function drawHistogram(element, { bands, chosen, span, movable, moved }) {
  const focused = element.contains(document.activeElement) ? document.activeElement.dataset.end : null;
  const range = seen(bands, span);
  element.replaceChildren(drawing(bands, chosen, range));
  if (!movable) return;
  const handles = new Handles(element, range, [...span], moved);
  if (focused !== null) handles.focus(focused);
}

function drawing(bands, chosen, [from, to]) {
  const made = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  const counted = bands.map((band) => columns(band, from, to));
  const highest = Math.max(...counted.map(highestOf));
  counted.forEach((sums, i) => {
    const fill = bands.length === 1 ? "var(--accent)" : COLORS[i];
    const isFaint = chosen !== null && chosen !== i;
    made.append(svg("path", { d: outline(sums, highest), fill, "fill-opacity": isFaint ? 0.12 : 0.5 }));
  });
  return made;
}

/** Two sliders over the drawing; what is outside of them is shaded. */
class Handles {
  #element;
  #range;
  #span;
  #shades;
  #handles;

  constructor(element, range, span, moved) {
    this.#element = element;
    this.#range = range;
    this.#span = span;
    this.#shades = span.map(() => element.appendChild(el("div", { className: "shade" })));
    this.#handles = ["darkest", "brightest"].map((name, end) => element.appendChild(this.#handle(name, end, moved)));
    span.forEach((value, end) => this.#set(end, value));
  }

  focus(end) {
    this.#handles[end].focus();
  }

  get #width() {
    return this.#range[1] - this.#range[0];
  }

  #share(value) {
    return Math.min(Math.max((100 * (value - this.#range[0])) / this.#width, 0), 100);
  }

  #handle(name, end, moved) {
    const [from, to] = this.#range;
    const handle = el("div", {
      className: "handle",
      tabIndex: 0,
      role: "slider",
      "aria-label": `Value of the ${name} colour`,
      "aria-valuemin": from,
      "aria-valuemax": to,
      dataset: { end },
    });
    handle.onpointerdown = (event) => handle.setPointerCapture(event.pointerId);
    handle.onpointermove = (event) => {
      if (!handle.hasPointerCapture(event.pointerId)) return;
      const frame = this.#element.getBoundingClientRect();
      this.#set(end, from + ((event.clientX - frame.left) / frame.width) * this.#width);
    };
    handle.onpointerup = () => moved(this.#span);
    handle.onkeydown = (event) => {
      if (!(event.key in STEPS)) return;
      event.preventDefault();
      this.#set(end, this.#span[end] + STEPS[event.key] * this.#width);
      moved(this.#span);
    };
    return handle;
  }

  /** Put one end at a value, but not beyond the other one. */
  #set(end, value) {
    const room = this.#width / WIDTH;
    const [low, high] = this.#span;
    this.#span[end] = end ? Math.max(value, low + room) : Math.min(value, high - room);
    const handle = this.#handles[end];
    handle.style.left = `${this.#share(this.#span[end])}%`;
    handle.setAttribute("aria-valuenow", this.#span[end]);
    handle.setAttribute("aria-valuetext", number(this.#span[end]));
    const [dark, bright] = this.#span.map((each) => this.#share(each));
    this.#shades[0].style.width = `${dark}%`;
    this.#shades[1].style.left = `${bright}%`;
    this.#shades[1].style.width = `${100 - bright}%`;
  }
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
