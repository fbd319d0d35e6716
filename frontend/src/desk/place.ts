// One map for the whole shift: it moves from case to case, for a browser has few WebGL contexts.
import "maplibre-gl/dist/maplibre-gl.css";
import type { Feature, FeatureCollection } from "geojson";
import { type GeoJSONSource, Map as MapLibre, NavigationControl, ScaleControl, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { addLayer, type LayerConfig } from "../map/layers";
import { styleFor } from "../map/style";

interface Place {
  layers: LayerConfig[];
  start: [number, number];
  zoom?: number;
}

const EMPTY: FeatureCollection = { type: "FeatureCollection", features: [] };
let map: MapLibre | null = null;
let holder: HTMLElement | null = null;
let ready = false;
let wanted: Place | null = null;

export function showPlace(box: HTMLElement, place: Place): void {
  wanted = place;
  const state = box.querySelector<HTMLElement>("[data-map-state]");
  if (!map || !holder) {
    holder = document.createElement("div");
    holder.className = "desk-map";
    box.prepend(holder);
    try {
      map = begin(holder, place);
    } catch {
      map = holder = null;
      if (state) state.textContent = "这台电脑不能显示地图（没有 WebGL）。";
      return;
    }
  } else {
    box.prepend(holder);
    map.resize();
  }
  if (state) state.hidden = true;
  map.jumpTo({ center: place.start, zoom: place.zoom ?? 16 });
  if (ready) fill(map, place);
}

function begin(at: HTMLElement, place: Place): MapLibre {
  setWorkerUrl(workerUrl);
  const made = new MapLibre({
    container: at,
    style: styleFor(),
    center: place.start,
    zoom: place.zoom ?? 16,
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    // The keys are the desk's.
    keyboard: false,
    locale: { "NavigationControl.ZoomIn": "放大", "NavigationControl.ZoomOut": "缩小", "Map.Title": "地图" },
  });
  made.addControl(new NavigationControl({ showCompass: false }), "top-right");
  made.addControl(new ScaleControl({ unit: "metric" }), "bottom-right");
  made.on("load", () => {
    ready = true;
    for (const [index, layer] of (wanted?.layers ?? []).entries()) {
      // The areas follow the window; the others are changed with the case.
      addLayer(made, layer.window ? layer : { ...layer, url: "", data: EMPTY }, index, () => undefined);
    }
    if (wanted) fill(made, wanted);
    at.parentElement?.setAttribute("data-ready", "1");
  });
  return made;
}

function fill(at: MapLibre, place: Place): void {
  for (const [index, layer] of place.layers.entries()) {
    if (layer.window) continue;
    const source = at.getSource(`layer-${index}`) as GeoJSONSource | undefined;
    if (!source) continue;
    source.setData((layer.data as Feature | undefined) ?? EMPTY);
    if (layer.url) void around(source, layer.url, place);
  }
}

async function around(source: GeoJSONSource, url: string, place: Place): Promise<void> {
  try {
    const answer = await fetch(url, { headers: { Accept: "application/json" } });
    // Another case may be open by now.
    if (answer.ok && wanted === place) source.setData((await answer.json()) as FeatureCollection);
  } catch {
    // The list of possible duplicates is beside the map; the map can wait.
  }
}
