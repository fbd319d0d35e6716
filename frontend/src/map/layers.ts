// GeoJSON layers from our own endpoints: areas, points, cases; fetched for the window shown.
import type { Feature, FeatureCollection, Geometry } from "geojson";
import { type GeoJSONSource, type LngLatBounds, type Map as MapLibre, type MapGeoJSONFeature, Popup } from "maplibre-gl";
import { token } from "./style";

export interface LayerConfig {
  title: string;
  url?: string;
  window?: boolean;
  data?: Feature | FeatureCollection;
  style?: "thing" | "case" | "here";
}

type Say = (text: string) => void;

const EMPTY: FeatureCollection = { type: "FeatureCollection", features: [] };

export function addLayer(map: MapLibre, layer: LayerConfig, index: number, say: Say): void {
  const id = `layer-${index}`;
  map.addSource(id, { type: "geojson", data: layer.data ?? EMPTY });
  paint(map, id, layer.style ?? "thing");
  open(map, [`${id}-fill`, `${id}-point`]);
  if (!layer.url) return;
  const load = loader(map, id, layer, say);
  void load();
  if (layer.window) map.on("moveend", () => void load());
}

function paint(map: MapLibre, id: string, style: string): void {
  const color = token(style === "case" ? "map-case" : style === "here" ? "map-here" : "map-point");
  map.addLayer({
    id: `${id}-fill`, type: "fill", source: id, filter: ["any", ["==", ["geometry-type"], "Polygon"], ["==", ["geometry-type"], "MultiPolygon"]],
    paint: { "fill-color": token("map-fill"), "fill-opacity": ["match", ["get", "level"], "grid", 0.25, 0.55] },
  });
  map.addLayer({
    id: `${id}-line`, type: "line", source: id, filter: ["!=", ["geometry-type"], "Point"],
    paint: {
      "line-color": ["match", ["get", "level"], "grid", token("map-grid"), token("map-line")],
      "line-width": ["match", ["get", "level"], "grid", 0.7, "community", 1.2, 2],
    },
  });
  map.addLayer({
    id: `${id}-point`, type: "circle", source: id, filter: ["==", ["geometry-type"], "Point"],
    paint: {
      "circle-color": ["match", ["get", "light"], "red", token("overdue"), "yellow", token("soon"), "green", token("calm"), color],
      "circle-radius": style === "here" ? 8 : ["interpolate", ["linear"], ["zoom"], 9, 2.5, 14, 5, 18, 8],
      "circle-stroke-color": "#ffffff",
      "circle-stroke-width": style === "here" ? 3 : 1,
    },
  });
  map.addLayer({
    id: `${id}-label`, type: "symbol", source: id, minzoom: 9,
    filter: ["all", ["!=", ["geometry-type"], "Point"], ["has", "name"], ["!=", ["get", "level"], "grid"]],
    layout: { "text-field": ["get", "name"], "text-size": 12, "text-max-width": 8 },
    paint: { "text-color": token("ink-2"), "text-halo-color": "#ffffff", "text-halo-width": 1.2 },
  });
}

function loader(map: MapLibre, id: string, layer: LayerConfig, say: Say): () => Promise<void> {
  let asked = 0;
  return async () => {
    const turn = ++asked;
    const url = new URL(layer.url ?? "", window.location.href);
    if (layer.window) {
      const bounds = map.getBounds();
      const [west, south, east, north] = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
      url.searchParams.set("bbox", [west, south, east, north].map((one) => one.toFixed(6)).join(","));
      url.searchParams.set("zoom", map.getZoom().toFixed(1));
    }
    try {
      const answer = await fetch(url, { headers: { Accept: "application/json" } });
      const body = (await answer.json()) as FeatureCollection & { truncated?: boolean; detail?: string };
      if (turn !== asked) return;
      if (!answer.ok) return say(body.detail ?? "地图内容没有取到。");
      (map.getSource(id) as GeoJSONSource).setData(body);
      say(body.truncated ? "内容太多，只显示了一部分；请放大或筛选。" : body.features.length ? "" : `这个范围内没有${layer.title}。`);
    } catch {
      if (turn === asked) say("地图内容没有取到，请检查网络后移动地图重试。");
    }
  };
}

function open(map: MapLibre, layers: string[]): void {
  for (const layer of layers) {
    map.on("mouseenter", layer, () => void (map.getCanvas().style.cursor = "pointer"));
    map.on("mouseleave", layer, () => void (map.getCanvas().style.cursor = ""));
    map.on("click", layer, (event) => {
      const found = event.features?.[0];
      if (found && !map.getContainer().dataset["picking"]) popup(map, found, event.lngLat);
    });
  }
}

function popup(map: MapLibre, found: MapGeoJSONFeature, at: { lng: number; lat: number }): void {
  const box = document.createElement("div");
  const { title, url, code, note } = found.properties as Record<string, string>;
  const name = document.createElement(url ? "a" : "strong");
  name.textContent = title ?? "";
  if (url) (name as HTMLAnchorElement).href = url;
  const line = document.createElement("div");
  line.className = "quiet code";
  line.textContent = [code, note].filter(Boolean).join(" · ");
  box.append(name, line);
  new Popup({ closeButton: true, maxWidth: "280px" }).setLngLat(at).setDOMContent(box).addTo(map);
}

export function boundsOf(data: Feature | FeatureCollection, bounds: LngLatBounds): void {
  const features = data.type === "FeatureCollection" ? data.features : [data];
  for (const one of features) if (one.geometry) extend(one.geometry, bounds);
}

function extend(geometry: Geometry, bounds: LngLatBounds): void {
  if (geometry.type === "GeometryCollection") return geometry.geometries.forEach((one) => extend(one, bounds));
  const walk = (part: unknown): void => {
    if (!Array.isArray(part)) return;
    if (typeof part[0] === "number") bounds.extend([part[0], part[1] as number]);
    else part.forEach(walk);
  };
  walk(geometry.coordinates);
}
