// The map in the words of other programs. Each is complete; that for OpenLayers is a module to bundle.

/** A string of Python and JavaScript, and of R where it is an address. */
const text = (value) => JSON.stringify(value);
/** The same for Leaflet, which takes names and attributions for HTML. */
const markup = (value) => text(value.replaceAll("&", "&amp;").replaceAll("<", "&lt;"));
const shell = (value) => `'${value.replaceAll("'", "'\\''")}'`;

/** By its middle and a zoom: to fit bounds, Leaflet would go below the first zoom of a strip, where nothing is drawn. */
const folium = ({ xyz, view, minzoom, maxzoom, attribution, title }) => `import folium

tiles = ${text(xyz)}
m = folium.Map([${view.lat.toFixed(5)}, ${view.lon.toFixed(5)}], zoom_start=${view.zoom})
folium.TileLayer(
    tiles=tiles, attr=${markup(attribution || "Swath")}, name=${markup(title)},
    min_zoom=${minzoom}, max_zoom=${maxzoom}, overlay=True,
).add_to(m)
m.save("map.html")
`;

/** As tiles, and not by leafmap's own layers of items: those add a stretch of their own. */
const leafmap = ({ xyz, bounds, attribution, title }) => `import leafmap.foliumap as leafmap

m = leafmap.Map()
m.add_tile_layer(
    ${text(xyz)},
    name=${markup(title)},
    attribution=${markup(attribution || "Swath")},
)
m.zoom_to_bounds(${JSON.stringify(bounds)})
m.to_html("map.html")
`;

const MAPLIBRE = "https://unpkg.com/maplibre-gl@6/dist/maplibre-gl";

/** A page, and not a module to bundle: each bundler has a way of its own to find MapLibre's worker. */
const maplibre = ({ tilejson, bounds, minzoom }) => `<!doctype html>
<link rel="stylesheet" href=${text(`${MAPLIBRE}.css`)} />
<body style="margin: 0">
<div id="map" style="height: 100vh"></div>
<script type="module">
import { Map } from ${text(`${MAPLIBRE}.mjs`)};

const map = new Map({
  container: "map",
  bounds: ${text(bounds)},
  minZoom: ${minzoom - 1}, // that of the first tiles: zooms of a map count tiles of 512 pixels
  style: {
    version: 8,
    sources: { swath: { type: "raster", url: ${text(tilejson)}, tileSize: 256 } },
    layers: [{ id: "swath", type: "raster", source: "swath" }],
  },
});
</script>
`;

const openlayers = ({ xyz, bounds, minzoom, maxzoom, smooth }) => `import Map from "ol/Map.js";
import View from "ol/View.js";
import TileLayer from "ol/layer/Tile.js";
import XYZ from "ol/source/XYZ.js";
import { transformExtent } from "ol/proj.js";

const extent = transformExtent(${text(bounds)}, "EPSG:4326", "EPSG:3857");
const source = new XYZ({
  url: ${text(xyz)},
  minZoom: ${minzoom}, maxZoom: ${maxzoom}, interpolate: ${smooth}, crossOrigin: "anonymous",
});
const map = new Map({
  target: "map",
  layers: [new TileLayer({ source, extent })],
  view: new View(),
});
map.getView().fit(extent);
`;

const qgis = ({ wmts, xyz, minzoom, maxzoom }) => `# Layer > Add Layer > Add WMS/WMTS Layer > New: paste this URL
${wmts}

# or Browser > XYZ Tiles > New Connection: this URL, zooms ${minzoom} to ${maxzoom}
${xyz}
`;

const numpy = ({ array }) => `import io
from urllib.request import urlopen

import numpy as np

url = ${text(array)}
pixels = np.load(io.BytesIO(urlopen(url).read()))
values = np.ma.MaskedArray(pixels[:-1], mask=np.broadcast_to(pixels[-1:] == 0, pixels[:-1].shape))
print(values.shape, values.dtype, values.mean(axis=(1, 2)))
`;

const r = ({ tiff }) => `# install.packages("terra")
library(terra)

url <- ${text(tiff)}
file <- tempfile(fileext = ".tif")
download.file(url, file, mode = "wb")
picture <- rast(file)
if (nlyr(picture) >= 3) plotRGB(picture) else plot(picture)
`;

const curl = ({
  png,
  point,
  legend,
}) => `# a picture of what is on the map, its legend, and the values in the middle of the scene
curl -o map.png ${shell(png)}
curl -o legend.png ${shell(legend)}
curl ${shell(point)}
`;

/** Name, what is written above it, and the text; in the order in which they are offered. */
export const SNIPPETS = [
  { id: "xyz", title: "XYZ tiles", write: ({ xyz }) => xyz },
  { id: "tilejson", title: "TileJSON", write: ({ tilejson }) => tilejson },
  { id: "wmts", title: "WMTS", write: ({ wmts }) => wmts },
  { id: "folium", title: "folium", write: folium },
  { id: "leafmap", title: "leafmap", write: leafmap },
  { id: "maplibre", title: "MapLibre", write: maplibre },
  { id: "openlayers", title: "OpenLayers", write: openlayers },
  { id: "qgis", title: "QGIS", write: qgis },
  { id: "numpy", title: "Python, numpy", write: numpy },
  { id: "r", title: "R", write: r },
  { id: "curl", title: "curl", write: curl },
];
