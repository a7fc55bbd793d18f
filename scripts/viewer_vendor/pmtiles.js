export { PMTiles, SharedPromiseCache } from "pmtiles";
