// Archives of tiles that lie over the map: shown or hidden, how opaque, gone again. They are of this visit, not of the address.

import { $, announce, el, icon, iconButton } from "../dom.js";
import { fit, limitZoom, map, toView } from "../map/view.js";
import { loaded } from "../server.js";

const archives = [];

/** Put a dropped PMTiles file on the map and show where it is. */
export async function openArchive(file) {
  const { archiveOf } = await loaded(import("../map/archive.js"));
  const archive = { name: file.name, ...(await archiveOf(file)) };
  archives.unshift(archive);
  map.addLayer(archive.layer);
  draw();
  goTo(archive);
  announce(`${file.name} is on the map`);
}

/** Show all of it, or its middle where all of it is too much to be drawn. */
function goTo({ layer, bounds, minZoom, center }) {
  fit(bounds);
  if (map.getView().getZoom() <= layer.getMinZoom()) toView({ zoom: minZoom, ...center });
}

/** The button that shows or hides an archive. */
function eye({ layer, name }) {
  const mark = () => {
    button.setAttribute("aria-pressed", layer.getVisible());
    button.replaceChildren(icon(layer.getVisible() ? "shown" : "hidden"));
  };
  const button = iconButton("shown", `Show ${name}`, () => {
    layer.setVisible(!layer.getVisible());
    mark();
    drawCredit();
  });
  mark();
  return button;
}

function row(archive) {
  const { layer, name } = archive;
  return el(
    "li",
    {},
    eye(archive),
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

/** Take an archive away; who did it with the keyboard goes on at the next one, or where files are opened. */
function remove(archive) {
  const index = archives.indexOf(archive);
  archives.splice(index, 1);
  map.removeLayer(archive.layer);
  draw();
  const next = $("archive-list").children[Math.min(index, archives.length - 1)];
  (next?.lastElementChild ?? $("choose")).focus();
}

function draw() {
  $("archives").hidden = archives.length === 0;
  $("archive-list").replaceChildren(...archives.map(row));
  limitZoom({ archives: Math.max(1, ...archives.map(({ maxZoom }) => maxZoom)) });
  drawCredit();
}

function drawCredit() {
  const credited = archives.filter(({ layer, credit }) => layer.getVisible() && credit);
  $("archive-credit").textContent = credited.map(({ name, credit }) => `${name}: ${credit}`).join(" · ");
}
