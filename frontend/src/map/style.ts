// The map's ground: a plain colour from the tokens, or the base map a deployment has set.
import { addProtocol, type LayerSpecification, type Map as MapLibre, type StyleSpecification } from "maplibre-gl";
import { PMTiles, Protocol, TileType } from "pmtiles";

export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

export function styleFor(): StyleSpecification {
  const style: StyleSpecification = {
    version: 8,
    sources: {},
    layers: [{ id: "ground", type: "background", paint: { "background-color": token("map-ground") } }],
  };
  const base = address();
  if (!base || isPack(base)) return style;
  style.sources["base"] = { type: "raster", tiles: [base], tileSize: 256, maxzoom: 18 };
  style.layers.push(RASTER);
  return style;
}

/** Puts a PMTiles pack under all that is drawn: pictures as they are, vectors in quiet greys. */
export async function addBase(map: MapLibre): Promise<void> {
  const base = address();
  if (!base || !isPack(base)) return;
  const url = new URL(base, window.location.href).href;
  const pack = new PMTiles(url);
  const header = await pack.getHeader();
  protocol().add(pack);
  const first = () => map.getStyle().layers[1]?.id;
  if (header.tileType !== TileType.Mvt) {
    map.addSource("base", { type: "raster", url: `pmtiles://${url}`, tileSize: 256 });
    map.addLayer(RASTER, first());
    return;
  }
  const { vector_layers: layers } = (await pack.getMetadata()) as { vector_layers?: { id: string }[] };
  map.addSource("base", { type: "vector", url: `pmtiles://${url}` });
  const before = first();
  for (const { id } of layers ?? []) for (const one of quiet(id)) map.addLayer(one, before);
}

const RASTER: LayerSpecification = { id: "base", type: "raster", source: "base", paint: { "raster-saturation": -0.6 } };
let known: Protocol | null = null;

function protocol(): Protocol {
  if (!known) {
    known = new Protocol();
    addProtocol("pmtiles", known.tile);
  }
  return known;
}

function address(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="chengguan-base-map"]')?.content ?? "";
}

function isPack(base: string): boolean {
  return new URL(base, window.location.href).pathname.endsWith(".pmtiles");
}

function quiet(id: string): LayerSpecification[] {
  const water = /water|river|lake|ocean|水/.test(id);
  const shared = { source: "base", "source-layer": id };
  return [
    {
      ...shared, id: `base-fill-${id}`, type: "fill", filter: ["match", ["geometry-type"], ["Polygon", "MultiPolygon"], true, false],
      paint: { "fill-color": token(water ? "map-water" : "map-land"), "fill-opacity": 0.6 },
    },
    {
      ...shared, id: `base-line-${id}`, type: "line", filter: ["match", ["geometry-type"], ["LineString", "MultiLineString"], true, false],
      paint: { "line-color": token(water ? "map-water" : "map-road"), "line-width": ["interpolate", ["linear"], ["zoom"], 8, 0.4, 16, 2.5] },
    },
  ];
}
