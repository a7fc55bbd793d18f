// A small slippy map: tiles of 256 CSS pixels in web mercator, one layer at a time, continuous zoom.
// Places in the world are x, y from 0 to 1, from the upper left; `pixel` means CSS pixels of the map's element.

const TILE = 256;
const OVERZOOM = 3; // how far tiles of the last zoom are enlarged
const FADE_MS = 250;

export const worldX = (lon) => (lon + 180) / 360;
export const worldY = (lat) => 0.5 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / (2 * Math.PI);
const longitude = (x) => x * 360 - 180;
const latitude = (y) => (Math.atan(Math.sinh((0.5 - y) * 2 * Math.PI)) * 180) / Math.PI;
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/** Events: `move` (the view changed), `point` (pointer at detail, or null), `pick` (click at detail), `busy` (detail: yes or no). */
export class SlippyMap extends EventTarget {
  #element;
  #view = { x: 0.5, y: 0.5, zoom: 2 };
  #layer = null;
  #tiles = new Map(); // url → { image, z, x, y, done }
  #pointers = new Map();
  #frame = 0;
  #loading = 0;
  #settling = 0;
  #animation = 0;

  constructor(element) {
    super();
    this.#element = element;
    new ResizeObserver(() => this.#changed()).observe(element);
    this.#listen();
  }

  /** Show tiles as a TileJSON describes them, `{ratio}` in place of 1 or 2; what was there stays until they have come. */
  show({ template, bounds, minzoom, maxzoom }) {
    const [west, south, east, north] = bounds;
    const box = { left: worldX(west), right: worldX(east), top: worldY(north), bottom: worldY(south) };
    this.#layer = { template, box, minzoom, maxzoom };
    this.#changed();
  }

  /** Zoom to the layer: all of it, or (`fill`) so that it covers the map. */
  fit({ fill = false } = {}) {
    const { box } = this.#layer;
    const across = this.#width / (box.right - box.left);
    const down = this.#height / (box.bottom - box.top);
    const scale = fill ? Math.max(across, down) * 1.04 : Math.min(across, down) * 0.94;
    this.#set({ x: (box.left + box.right) / 2, y: (box.top + box.bottom) / 2, zoom: Math.log2(scale / TILE) });
  }

  get view() {
    return { lon: longitude(this.#view.x), lat: latitude(this.#view.y), zoom: this.#view.zoom };
  }

  set view({ lon, lat, zoom }) {
    this.#set({ x: worldX(lon), y: worldY(lat), zoom });
  }

  /** Ground size of a pixel in the middle, in metres. */
  get metresPerPixel() {
    return (40075016.686 * Math.cos((this.view.lat * Math.PI) / 180)) / this.#scale;
  }

  lonLatAt({ x, y }) {
    return {
      lon: longitude(this.#view.x + (x - this.#width / 2) / this.#scale),
      lat: latitude(this.#view.y + (y - this.#height / 2) / this.#scale),
    };
  }

  pixelOf({ lon, lat }) {
    return {
      x: (worldX(lon) - this.#view.x) * this.#scale + this.#width / 2,
      y: (worldY(lat) - this.#view.y) * this.#scale + this.#height / 2,
    };
  }

  panBy(dx, dy) {
    const { x, y, zoom } = this.#view;
    this.#set({ x: x + dx / this.#scale, y: y + dy / this.#scale, zoom });
  }

  /** Zoom smoothly; the place at the pixel `at` (else the middle) stays where it is. */
  zoomBy(steps, at) {
    cancelAnimationFrame(this.#animation);
    const from = this.#view.zoom;
    const span = matchMedia("(prefers-reduced-motion: reduce)").matches ? 1 : 220;
    const start = performance.now();
    const step = (now) => {
      const t = clamp((now - start) / span, 0, 1);
      this.#zoomTo(from + steps * (1 - (1 - t) ** 3), at);
      if (t < 1) this.#animation = requestAnimationFrame(step);
    };
    this.#animation = requestAnimationFrame(step);
  }

  get #width() { return this.#element.clientWidth; }
  get #height() { return this.#element.clientHeight; }
  get #scale() { return TILE * 2 ** this.#view.zoom; }

  #zoomTo(zoom, at = { x: this.#width / 2, y: this.#height / 2 }) {
    const dx = at.x - this.#width / 2;
    const dy = at.y - this.#height / 2;
    const before = this.#scale;
    const after = TILE * 2 ** this.#limited(zoom);
    const { x, y } = this.#view;
    this.#set({ x: x + dx / before - dx / after, y: y + dy / before - dy / after, zoom });
  }

  #limited(zoom) {
    if (!this.#layer) return clamp(zoom, 0, 22);
    const { box, maxzoom } = this.#layer;
    const whole = Math.log2(Math.min(this.#width / (box.right - box.left), this.#height / (box.bottom - box.top)) / TILE);
    return clamp(zoom, Math.min(whole - 1, maxzoom), maxzoom + OVERZOOM);
  }

  #set({ x, y, zoom }) {
    const box = this.#layer?.box ?? { left: 0, right: 1, top: 0, bottom: 1 };
    this.#view = { x: clamp(x, box.left, box.right), y: clamp(y, box.top, box.bottom), zoom: this.#limited(zoom) };
    this.#changed();
  }

  #changed() {
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#draw());
    this.#loading ||= setTimeout(() => this.#load(), 60); // not for every step of a zoom
    this.#tell("move");
  }

  /** Put every tile in its place; edges are rounded, so that neighbours meet. */
  #draw() {
    const [left, top] = [this.#view.x * this.#scale - this.#width / 2, this.#view.y * this.#scale - this.#height / 2];
    for (const { image, z, x, y } of this.#tiles.values()) {
      const side = this.#scale / 2 ** z;
      const [x0, y0] = [Math.round(x * side - left), Math.round(y * side - top)];
      image.style.transform = `translate(${x0}px, ${y0}px)`;
      image.style.width = `${Math.round((x + 1) * side - left) - x0}px`;
      image.style.height = `${Math.round((y + 1) * side - top) - y0}px`;
    }
  }

  /** Ask for the tiles that are in sight, inside the bounds, from the middle outwards. */
  #load() {
    this.#loading = 0;
    if (!this.#layer || !this.#width) return;
    const { box, minzoom, maxzoom } = this.#layer;
    const z = clamp(Math.round(this.#view.zoom), minzoom, maxzoom);
    const count = 2 ** z;
    const enlarged = z < maxzoom ? 2 ** (this.#view.zoom - z) : 1;
    const ratio = devicePixelRatio * enlarged > 1.1 ? 2 : 1;
    const range = (middle, half, low, high) => [
      Math.floor(Math.max(middle - half, low) * count),
      Math.ceil(Math.min(middle + half, high) * count) - 1,
    ];
    const [x0, x1] = range(this.#view.x, this.#width / 2 / this.#scale, box.left, box.right);
    const [y0, y1] = range(this.#view.y, this.#height / 2 / this.#scale, box.top, box.bottom);
    const wanted = [];
    for (let y = y0; y <= y1; y++) for (let x = x0; x <= x1; x++) wanted.push({ z, x, y, ratio });
    const distance = ({ x, y }) => Math.hypot((x + 0.5) / count - this.#view.x, (y + 0.5) / count - this.#view.y);
    wanted.sort((a, b) => distance(a) - distance(b));
    const urls = new Set(wanted.map((tile) => this.#ask(tile)));
    for (const [url, tile] of this.#tiles) if (!urls.has(url) && !tile.done) this.#drop(url);
    this.#draw();
    this.#settle(urls);
  }

  #ask(tile) {
    const url = this.#layer.template.replace(/\{(z|x|y|ratio)\}/g, (_, name) => tile[name]);
    if (this.#tiles.has(url)) return url;
    const image = new Image();
    image.alt = "";
    image.draggable = false;
    image.decoding = "async";
    const done = (good) => {
      image.classList.toggle("here", good);
      tile.done = true;
      clearTimeout(this.#settling);
      this.#settling = setTimeout(() => this.#load(), FADE_MS);
    };
    image.onload = () => done(true);
    image.onerror = () => done(false);
    image.src = url;
    this.#element.append(image);
    this.#tiles.set(url, Object.assign(tile, { image }));
    return url;
  }

  /** Once all that is wanted has come, and has faded in, what lies below may go. */
  #settle(urls) {
    const complete = [...urls].every((url) => this.#tiles.get(url).done);
    if (complete) for (const url of this.#tiles.keys()) if (!urls.has(url)) this.#drop(url);
    this.#tell("busy", !complete);
  }

  #drop(url) {
    const { image } = this.#tiles.get(url);
    image.onload = image.onerror = null;
    image.removeAttribute("src"); // ends the request
    image.remove();
    this.#tiles.delete(url);
  }

  #listen() {
    const on = (type, heard) => this.#element.addEventListener(type, heard, { passive: false });
    const place = (event) => {
      const frame = this.#element.getBoundingClientRect();
      return { x: event.clientX - frame.left, y: event.clientY - frame.top };
    };
    let dragged = false;
    let click = 0;
    on("pointerdown", (event) => {
      if (event.button) return;
      if (!this.#pointers.size) dragged = false;
      cancelAnimationFrame(this.#animation);
      this.#element.setPointerCapture(event.pointerId);
      this.#pointers.set(event.pointerId, place(event));
    });
    on("pointermove", (event) => {
      const now = place(event);
      const before = this.#pointers.get(event.pointerId);
      if (event.pointerType === "mouse") this.#tell("point", this.lonLatAt(now));
      if (!before || (!dragged && Math.hypot(now.x - before.x, now.y - before.y) < 4)) return;
      dragged = true;
      const other = [...this.#pointers].find(([id]) => id !== event.pointerId)?.[1];
      this.#pointers.set(event.pointerId, now);
      if (other) this.#pinch(before, now, other);
      else this.panBy(before.x - now.x, before.y - now.y);
    });
    const release = (event) => this.#pointers.delete(event.pointerId);
    on("pointerup", release);
    on("pointercancel", release);
    on("pointerleave", () => this.#tell("point", null));
    on("click", (event) => {
      clearTimeout(click);
      const at = this.lonLatAt(place(event));
      if (!dragged && event.detail < 2) click = setTimeout(() => this.#tell("pick", at), 220); // unless a second one follows
    });
    on("dblclick", (event) => this.zoomBy(event.shiftKey ? -1 : 1, place(event)));
    on("wheel", (event) => {
      event.preventDefault();
      cancelAnimationFrame(this.#animation);
      const pixels = event.deltaY * (event.deltaMode ? 20 : 1) * (event.ctrlKey ? 4 : 1);
      this.#zoomTo(this.#view.zoom + clamp(-pixels * 0.0022, -0.6, 0.6), place(event));
    });
    on("keydown", (event) => this.#press(event));
  }

  #pinch(before, now, other) {
    const ratio = Math.hypot(now.x - other.x, now.y - other.y) / Math.max(Math.hypot(before.x - other.x, before.y - other.y), 1);
    this.panBy((before.x - now.x) / 2, (before.y - now.y) / 2);
    this.#zoomTo(this.#view.zoom + Math.log2(ratio || 1), { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
  }

  #press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = {
      ArrowLeft: () => this.panBy(-80, 0),
      ArrowRight: () => this.panBy(80, 0),
      ArrowUp: () => this.panBy(0, -80),
      ArrowDown: () => this.panBy(0, 80),
      "+": () => this.zoomBy(1),
      "=": () => this.zoomBy(1),
      "-": () => this.zoomBy(-1),
      Enter: () => this.#tell("pick", this.view),
    }[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
