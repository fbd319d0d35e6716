// The map's ground: a plain colour from the tokens, or the base map a deployment has set.
import { addProtocol, type StyleSpecification } from "maplibre-gl";
import { Protocol } from "pmtiles";

export function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

export function styleFor(): StyleSpecification {
  const style: StyleSpecification = {
    version: 8,
    sources: {},
    layers: [{ id: "ground", type: "background", paint: { "background-color": token("map-ground") } }],
  };
  const base = document.querySelector<HTMLMetaElement>('meta[name="chengguan-base-map"]')?.content;
  if (!base) return style;
  if (base.endsWith(".pmtiles")) addProtocol("pmtiles", new Protocol().tile);
  style.sources["base"] = base.endsWith(".pmtiles")
    ? { type: "raster", url: `pmtiles://${base}`, tileSize: 256 }
    : { type: "raster", tiles: [base], tileSize: 256 };
  style.layers.push({ id: "base", type: "raster", source: "base", paint: { "raster-saturation": -0.6 } });
  return style;
}
