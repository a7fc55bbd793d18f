export { PMTiles } from "pmtiles";
