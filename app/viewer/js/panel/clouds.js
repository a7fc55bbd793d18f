// Leave out clouds and their shadows, where a band says what each pixel is.

import { $ } from "../dom.js";
import { without } from "../look.js";
import { activeLayer, changeLayer, found, watch } from "../state.js";

/** What to leave out, by the band that tells it. */
const KNOWN = [
  { name: /^scl$/i, rule: "3,8,9,10" }, // Sentinel-2: cloud shadow, cloud of medium and high probability, cirrus
  { name: /^qa_pixel/i, rule: "bits=1,3,4" }, // Landsat: dilated cloud, cloud, cloud shadow
  { name: /^fmask$/i, rule: "bits=1,2,3" }, // HLS: cloud, beside a cloud, cloud shadow
];

/** The mask of this dataset, or null. */
function maskOfClouds() {
  for (const { name, rule } of KNOWN) {
    const band = found.bands.find((each) => name.test(each.name));
    if (band) return `${band.params.assets?.[0] ?? band.variable}:${rule}`;
  }
  return null;
}

function draw() {
  const mask = maskOfClouds();
  $("clouds").hidden = mask === null;
  if (mask) $("leave-clouds").checked = activeLayer()?.params.mask?.includes(mask) ?? false;
}

export function mountClouds() {
  $("leave-clouds").onchange = ({ target }) => {
    const { params } = activeLayer();
    changeLayer({ params: target.checked ? { ...params, mask: [maskOfClouds()] } : without(params, ["mask"]) });
  };
  watch(["bands", "layers", "active"], draw);
}
