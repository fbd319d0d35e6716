// Cases, components, cameras and devices: cells with a count far out, single signs near.
import type { ExpressionSpecification, LayerSpecification, VectorTileSource } from "maplibre-gl";
import { token } from "../map/style";
import { type State, tilesOf } from "./config";
import { RING } from "./signs";

export const THINGS = ["components", "cameras", "devices", "facilities"];
const DEEPEST = 18;

/** The style layers of each switch of the panel. */
export const LAYERS: Record<string, string[]> = {
  cases: ["cases-cells", "cases-single", "cases-red"],
  components: ["components-cells", "components-count", "components-single", "components-letter"],
  cameras: ["cameras-cells", "cameras-count", "cameras-single"],
  devices: ["devices-cells", "devices-count", "devices-single", "devices-letter"],
  facilities: ["facilities-cells", "facilities-count", "facilities-single", "facilities-letter"],
  load: ["load-fill", "load-line", "load-count"],
  areas: ["layer-0-fill", "layer-0-line", "layer-0-label"],
  vehicles: ["vehicles-single"],
  people: ["people-single", "people-name"],
};

export function addThings(state: State, name: string, shown: boolean): void {
  const { map } = state;
  const colour = token(`map-${name}`);
  map.addSource(name, { type: "vector", tiles: tilesOf(state, name), minzoom: 4, maxzoom: DEEPEST });
  const add = (layer: object) => map.addLayer({ source: name, ...layer } as LayerSpecification);
  const visibility = shown ? "visible" : "none";
  add({
    id: `${name}-cells`, type: "circle", "source-layer": "cells", layout: { visibility },
    paint: {
      "circle-color": colour, "circle-opacity": 0.82, "circle-stroke-color": "#ffffff", "circle-stroke-width": 1,
      "circle-radius": ["step", ["get", "n"], 9, 10, 12, 100, 15, 1_000, 18, 10_000, 22],
    },
  });
  add({
    id: `${name}-count`, type: "symbol", "source-layer": "cells", layout: { ...count(11), visibility },
    paint: { "text-color": "#ffffff" },
  });
  if (name === "cameras") {
    add({
      id: "cameras-single", type: "symbol", "source-layer": "things",
      layout: { visibility, "icon-image": "camera", "icon-allow-overlap": true, "icon-rotate": ["max", 0, ["get", "detail"]], "icon-rotation-alignment": "map" },
    });
    return;
  }
  const wrong: ExpressionSpecification = ["in", ["get", "state"], ["literal", ["faulty", "lost"]]];
  add({
    id: `${name}-single`, type: "circle", "source-layer": "things", layout: { visibility },
    paint: {
      "circle-color": name === "components" ? classColour(state, colour) : colour, "circle-radius": 8,
      "circle-opacity": ["match", ["get", "state"], "removed", 0.35, 1],
      "circle-stroke-color": ["case", wrong, token("attention"), "#ffffff"], "circle-stroke-width": ["case", wrong, 3, 1],
    },
  });
  add({
    id: `${name}-letter`, type: "symbol", "source-layer": "things", paint: { "text-color": "#ffffff" },
    layout: { visibility, "text-field": letter(state, name), "text-size": 11, "text-allow-overlap": true },
  });
}

export function addCases(state: State, shown: boolean): void {
  const { map } = state;
  const visibility = shown ? "visible" : "none";
  map.addSource("cases", { type: "vector", tiles: tilesOf(state, "cases"), minzoom: 4, maxzoom: DEEPEST });
  map.addLayer({
    id: "cases-single", type: "circle", source: "cases", "source-layer": "cases", layout: { visibility },
    paint: {
      "circle-color": ["match", ["get", "light"], "red", token("overdue"), "yellow", token("map-soon"), "green", token("map-calm"), token("map-none")],
      "circle-radius": ["interpolate", ["linear"], ["zoom"], 10, 5, 15, 6.5, 18, 9],
      "circle-stroke-color": "#ffffff", "circle-stroke-width": 1.5,
    },
  });
  // Not by colour alone: what is overdue also bears a mark.
  map.addLayer({
    id: "cases-red", type: "symbol", source: "cases", "source-layer": "cases", minzoom: 12,
    filter: ["==", ["get", "light"], "red"], paint: { "text-color": "#ffffff" },
    layout: { visibility, "text-field": "!", "text-size": 11, "text-allow-overlap": true },
  });
  map.addLayer({
    id: "cases-cells", type: "symbol", source: "cases", "source-layer": "cells",
    paint: { "text-color": token("ink") },
    layout: {
      ...count(12), visibility, "icon-image": RING, "icon-allow-overlap": true,
      "icon-size": ["step", ["get", "n"], 0.72, 10, 0.8, 100, 0.95, 1_000, 1.1, 10_000, 1.25],
    },
  });
}

export function refreshCases(state: State): void {
  state.turn += 1;
  (state.map.getSource("cases") as VectorTileSource | undefined)?.setTiles(tilesOf(state, "cases"));
}

export function show(state: State, name: string, on: boolean): void {
  for (const layer of LAYERS[name] ?? []) {
    if (state.map.getLayer(layer)) state.map.setLayoutProperty(layer, "visibility", on ? "visible" : "none");
  }
}

function count(size: number): Record<string, unknown> {
  return { "text-field": ["to-string", ["get", "n"]], "text-size": size, "text-allow-overlap": true, "text-ignore-placement": true };
}

function letter(state: State, name: string): ExpressionSpecification | string {
  if (name === "components") return classLetter(state);
  return name === "facilities" ? ["to-string", ["at", ["get", "detail"], ["literal", state.config.stations]]] : "◆";
}

function classColour(state: State, other: string): ExpressionSpecification | string {
  const pairs = state.config.classes.flatMap(({ code }, index) => [code, token(`map-class-${1 + (index % 6)}`)]);
  return pairs.length ? (["match", ["get", "detail"], ...pairs, other] as unknown as ExpressionSpecification) : other;
}

function classLetter(state: State): ExpressionSpecification | string {
  const pairs = state.config.classes.flatMap(({ code, letter }) => [code, letter]);
  return pairs.length ? (["match", ["get", "detail"], ...pairs, ""] as unknown as ExpressionSpecification) : "";
}
