// Archives of tiles that lie over the map: shown or hidden, how opaque, gone again. They are of this visit, not of the address.

import { $, announce, el, icon, iconButton } from "../dom.js";
import { fit, map, toView } from "../map/view.js";

const archives = [];

/** Put a dropped PMTiles file on the map and show where it is. */
export async function openArchive(file) {
  const { archiveOf } = await import("../map/archive.js");
  const archive = { name: file.name, ...(await archiveOf(file)) };
  archives.unshift(archive);
  map.addLayer(archive.layer);
  goTo(archive);
  draw();
  announce(`${file.name} is on the map`);
}

/** Show all of it, or its middle where all of it is too much to be drawn. */
function goTo({ layer, bounds, minZoom, center }) {
  fit(bounds);
  if (map.getView().getZoom() <= layer.getMinZoom()) toView({ zoom: minZoom, ...center });
}

function row(archive) {
  const { layer, name } = archive;
  const shown = iconButton("shown", `Show ${name}`, () => {
    const isVisible = !layer.getVisible();
    layer.setVisible(isVisible);
    shown.setAttribute("aria-pressed", isVisible);
    shown.replaceChildren(icon(isVisible ? "shown" : "hidden"));
  });
  shown.setAttribute("aria-pressed", layer.getVisible());
  return el(
    "li",
    {},
    shown,
    el("button", {
      type: "button",
      className: "layer-name",
      textContent: name,
      title: `Go to ${name}`,
      onclick: () => goTo(archive),
    }),
    el("input", {
      type: "range",
      min: 0,
      max: 1,
      step: 0.05,
      value: layer.getOpacity(),
      "aria-label": `Opacity of ${name}`,
      oninput: ({ target }) => layer.setOpacity(Number(target.value)),
    }),
    iconButton("close", `Remove ${name}`, () => remove(archive)),
  );
}

function remove(archive) {
  archives.splice(archives.indexOf(archive), 1);
  map.removeLayer(archive.layer);
  draw();
}

function draw() {
  $("archives").hidden = archives.length === 0;
  $("archive-list").replaceChildren(...archives.map(row));
  const credited = archives.filter(({ credit }) => credit);
  $("archive-credit").textContent = credited.map(({ name, credit }) => `${name}: ${credit}`).join(" · ");
}
