// A small drawing of values over wavelength.

import { svg } from "../dom.js";

const NANOMETRES = {
  coastal: 443,
  blue: 490,
  green: 560,
  yellow: 600,
  red: 665,
  pan: 590,
  rededge: 720,
  rededge071: 705,
  rededge075: 740,
  rededge078: 783,
  nir: 842,
  nir08: 865,
  nir09: 945,
  swir16: 1610,
  swir22: 2190,
}; // in the middle of each common name of the EO extension
const SENTINEL_2 = { rededge1: 705, rededge2: 740, rededge3: 783 }; // red edges that share a common name
const WIDTH = 240;
const HEIGHT = 80;
const EDGE = 6;

/** Wavelength of a band in nanometres, or undefined. */
export const wavelengthOf = ({ name, common_name: common }) => SENTINEL_2[name] ?? NANOMETRES[common];

/** Draw rows of { band, value }. */
export function drawSpectrum(rows) {
  const points = rows.map(({ band, value }) => [wavelengthOf(band), value]).sort(([a], [b]) => a - b);
  const [from, to] = [points[0][0], points.at(-1)[0]];
  const most = Math.max(...points.map(([, value]) => value));
  const least = Math.min(0, ...points.map(([, value]) => value));
  const x = (nm) =>
    EDGE + ((Math.log(nm) - Math.log(from)) / (Math.log(to) - Math.log(from) || 1)) * (WIDTH - 2 * EDGE);
  const y = (value) => HEIGHT - EDGE - ((value - least) / (most - least || 1)) * (HEIGHT - 2 * EDGE);
  const places = points.map(([nm, value]) => [x(nm).toFixed(1), y(value).toFixed(1)]);
  const line = svg("polyline", { points: places.map((place) => place.join(",")).join(" "), class: "spectrum-line" });
  const dots = places.map(([cx, cy]) => svg("circle", { cx, cy, r: 2.5, class: "spectrum-dot" }));
  const label = `Spectrum from ${from} to ${to} nanometres`;
  return svg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "spectrum", role: "img", "aria-label": label },
    line,
    ...dots,
  );
}
