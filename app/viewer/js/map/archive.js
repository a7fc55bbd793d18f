// A PMTiles archive from somebody's own disk, as a layer of tiles. Its bytes are read here and go nowhere.

import { TileLayer, TileState, XYZ, createXYZ } from "../../vendor/map.js";
import { PMTiles, SharedPromiseCache } from "../../vendor/pmtiles.js";
import { credits } from "../dom.js";
import { Problem } from "../server.js";
import { extentOf } from "./view.js";

const PICTURES = { 2: "image/png", 3: "image/jpeg", 4: "image/webp", 5: "image/avif" }; // by the header's tile type
const VECTORS = [1, 6];
const GZIP = 2; // what is less is not compressed
const PIECE_MAX = 2 ** 24; // bytes of a tile: what says it has more is broken
const DIRECTORY_MAX = 2 ** 20; // bytes, each of which may become an object; 40,000 entries of a sound one have some 200 kB
const DIRECTORIES = 20; // that are remembered
const ZOOM_MAX = 26;
const COARSER = 2; // zooms before its first at which an archive is drawn: each has four times as many tiles in sight
const ABOVE = 100; // the layers of the panel

/** Open a file: `{ layer, bounds, minZoom, maxZoom, center, credit }`. What cannot be shown is a Problem. */
export async function archiveOf(file) {
  const archive = new PMTiles(
    { getKey: () => file.name, getBytes: (...place) => bytesOf(file, ...place) },
    new SharedPromiseCache(DIRECTORIES, true, unpack(DIRECTORY_MAX)),
    unpack(PIECE_MAX),
  );
  const header = await headerOf(archive, file);
  const { minZoom, maxZoom } = header;
  const bounds = [header.minLon, header.minLat, header.maxLon, header.maxLat];
  const source = new XYZ({
    url: "{z}/{x}/{y}", // asked of the archive, by its numbers
    tileGrid: createXYZ({ minZoom, maxZoom, tileSize: 256 }),
    tileLoadFunction: (tile) => draw(tile, archive, PICTURES[header.tileType]),
    wrapX: false,
  });
  const layer = new TileLayer({ source, extent: extentOf(bounds), zIndex: ABOVE, className: "data" });
  layer.setMinZoom(minZoom - COARSER - 1); // itself not included
  const told = await archive.getMetadata().catch(() => null);
  const credit = typeof told?.attribution === "string" ? credits([told.attribution]) : "";
  return { layer, bounds, minZoom, maxZoom, center: centerOf(header), credit };
}

/** What the header says, unless that lies elsewhere: then the middle. */
function centerOf({ centerLon, centerLat, minLon, minLat, maxLon, maxLat }) {
  const isInside = minLon <= centerLon && centerLon <= maxLon && minLat <= centerLat && centerLat <= maxLat;
  return isInside ? { lon: centerLon, lat: centerLat } : { lon: (minLon + maxLon) / 2, lat: (minLat + maxLat) / 2 };
}

async function headerOf(archive, file) {
  let header;
  try {
    if ((await file.slice(0, 7).text()) !== "PMTiles") throw new Problem(`${file.name} is no PMTiles archive.`);
    header = await archive.getHeader();
  } catch (error) {
    throw error instanceof Problem ? error : new Problem(`${file.name} is broken: its directory cannot be read.`);
  }
  if (VECTORS.includes(header.tileType))
    throw new Problem(`${file.name} has vector tiles; the page shows archives of pictures (png, jpeg, webp, avif).`);
  if (!PICTURES[header.tileType]) throw new Problem(`${file.name} does not say that its tiles are pictures.`);
  if (header.tileDataOffset + (header.tileDataLength ?? 0) > file.size)
    throw new Problem(`${file.name} is broken: it ends before its last tile.`);
  if (!isSound(header)) throw new Problem(`${file.name} is broken: its zooms or bounds make no sense.`);
  return header;
}

const isSound = ({ minZoom, maxZoom, minLon, minLat, maxLon, maxLat }) =>
  minZoom <= maxZoom &&
  maxZoom <= ZOOM_MAX &&
  -180 <= minLon &&
  minLon < maxLon &&
  maxLon <= 180 &&
  -90 <= minLat &&
  minLat < maxLat &&
  maxLat <= 90;

async function bytesOf(file, offset, length) {
  if (length > PIECE_MAX) throw new Problem(`${file.name} is broken: it has a piece of ${length} bytes.`);
  return { data: await file.slice(offset, offset + length).arrayBuffer() };
}

/** Unpack a directory or a tile, and no more of it than a sound one has. */
const unpack = (most) => (buffer, compression) => {
  if (compression > GZIP) throw new Problem("This archive is compressed in a way that browsers do not read.");
  const parts = new Blob([buffer]).stream();
  return joined(compression < GZIP ? parts : parts.pipeThrough(new DecompressionStream("gzip")), most);
};

async function joined(stream, most) {
  const reader = stream.getReader();
  const parts = [];
  let size = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
    size += part.value.length;
    if (size > most) throw new RangeError(`a piece of more than ${most} bytes`);
  }
  return new Blob(parts).arrayBuffer();
}

async function draw(tile, archive, type) {
  try {
    const found = await archive.getZxy(...tile.tileCoord);
    if (!found) return tile.setState(TileState.EMPTY);
    const url = URL.createObjectURL(new Blob([found.data], { type }));
    const image = tile.getImage();
    image.addEventListener("load", () => URL.revokeObjectURL(url), { once: true });
    image.addEventListener("error", () => URL.revokeObjectURL(url), { once: true });
    image.src = url;
  } catch {
    tile.setState(TileState.ERROR); // a broken piece: the rest is drawn all the same
  }
}
