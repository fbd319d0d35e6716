// Every `[data-map]` on the page becomes a map; its settings are the JSON script it names.
import "maplibre-gl/dist/maplibre-gl.css";
import { LngLatBounds, Map as MapLibre, NavigationControl, ScaleControl, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { addLayer, boundsOf, type LayerConfig } from "./layers";
import { startDrawing } from "./draw";
import { startPicking } from "./pick";
import { addBase, styleFor } from "./style";

export interface MapConfig {
  layers: LayerConfig[];
  start?: [number, number] | null;
  zoom?: number;
  fit?: boolean;
  pick?: boolean;
}

export function startMaps(): void {
  setWorkerUrl(workerUrl);
  for (const box of document.querySelectorAll<HTMLElement>("[data-map]")) startMap(box);
}

function startMap(box: HTMLElement): void {
  const source = document.getElementById(box.dataset["map"] ?? "");
  const config = JSON.parse(source?.textContent ?? "{}") as MapConfig;
  const state = box.querySelector<HTMLElement>("[data-map-state]");
  const say = (text: string) => {
    if (!state) return;
    state.textContent = text;
    state.hidden = text === "";
  };
  let map: MapLibre;
  try {
    map = new MapLibre({
      container: box,
      style: styleFor(),
      center: config.start ?? [121.9, 30.9],
      zoom: config.zoom ?? (config.start ? 12 : 10),
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      locale: {
        "NavigationControl.ZoomIn": "放大",
        "NavigationControl.ZoomOut": "缩小",
        "Map.Title": "地图",
      },
    });
  } catch {
    say("这台电脑不能显示地图（没有 WebGL）。列表里有同样的内容。");
    return;
  }
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new ScaleControl({ unit: "metric" }), "bottom-right");
  map.on("load", () => {
    say("");
    void addBase(map).catch(() => say("底图没有取到，其余内容照常。"));
    for (const [index, layer] of (config.layers ?? []).entries()) addLayer(map, layer, index, say);
    if (config.fit) fit(map, config.layers);
    if (config.pick) startPicking(map, box);
    const bar = document.querySelector<HTMLElement>("[data-draw-bar]");
    if (bar) startDrawing(map, bar);
    box.dataset["ready"] = "1";
    box.dispatchEvent(new CustomEvent("map-ready", { detail: map, bubbles: true }));
  });
}

function fit(map: MapLibre, layers: LayerConfig[]): void {
  const bounds = new LngLatBounds();
  for (const layer of layers) if (layer.data) boundsOf(layer.data, bounds);
  if (!bounds.isEmpty()) map.fitBounds(bounds, { padding: 40, maxZoom: 16, animate: false });
}
