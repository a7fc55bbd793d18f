// The ground: land of Natural Earth, drawn here; or the street map, for those who opened the page with `?base=osm`.

import { Fill, GeoJSON, Stroke, Style, TileLayer, VectorLayer, VectorSource, XYZ, feature } from "../../vendor/map.js";
import { $ } from "../dom.js";
import { state } from "../state.js";
import { whenThemed } from "../theme.js";

const STREETS = "https://tile.openstreetmap.org/{z}/{x}/{y}.png"; // the policy of `/?base=osm` lets it through
const LAND = new URL("../../vendor/land.json", import.meta.url);
const CREDIT = "© OpenStreetMap contributors";

/** Put the ground below everything else. */
export function ground(map) {
  if (state.base === "osm") {
    const source = new XYZ({ url: STREETS, maxZoom: 19 });
    map.addLayer(new TileLayer({ source, zIndex: 0, className: "streets" }));
    $("ground-credit").textContent = CREDIT;
    return;
  }
  const source = new VectorSource();
  const layer = new VectorLayer({ source, zIndex: 0 });
  map.addLayer(layer);
  whenThemed((color) => {
    layer.setStyle(
      new Style({
        fill: new Fill({ color: color("--land") }),
        stroke: new Stroke({ color: color("--coast"), width: 1 }),
      }),
    );
  });
  draw(source);
}

async function draw(source) {
  const world = await (await fetch(LAND)).json();
  const features = new GeoJSON().readFeatures(feature(world, world.objects.land), { featureProjection: "EPSG:3857" });
  source.addFeatures(features);
}

/** The page with the other ground; its policy for the browser is another, so that it has to be opened anew. */
export function switchGround() {
  const url = new URL(location.href);
  if (state.base === "osm") url.searchParams.delete("base");
  else url.searchParams.set("base", "osm");
  location.assign(url);
}
