// The wall's map: communities as ground, a circle for the open cases of each, a red one for those
// overdue among them. Areas of circles are in proportion to the counts; only the data changes.
import "maplibre-gl/dist/maplibre-gl.css";
import type { Feature, FeatureCollection } from "geojson";
import { type GeoJSONSource, LngLatBounds, Map as MapLibre, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { boundsOf } from "../map/layers";
import { addBase, styleFor, token } from "../map/style";

type Counts = Record<string, [number, number]>;

const EMPTY: FeatureCollection = { type: "FeatureCollection", features: [] };

export function startWallMap(): ((counts: Counts) => void) | undefined {
  const box = document.getElementById("wall-map");
  if (!box) return undefined;
  const state = box.querySelector<HTMLElement>("[data-map-state]");
  const sayState = (words: string) => {
    if (!state) return;
    state.textContent = words;
    state.hidden = words === "";
  };
  setWorkerUrl(workerUrl);
  let map: MapLibre;
  try {
    const [lon, lat] = (box.dataset["start"] ?? "").split(",").map(Number);
    map = new MapLibre({
      container: box, style: styleFor(), center: lon && lat ? [lon, lat] : [121.9, 30.9], zoom: 11,
      attributionControl: false, interactive: false, fadeDuration: 0,
    });
  } catch {
    sayState("这台电脑不能显示地图（没有 WebGL）。右侧和左侧的数字不受影响。");
    return undefined;
  }
  let counts: Counts = {};
  let places: FeatureCollection = EMPTY;
  let ready = false;
  const show = () => {
    if (ready) map.getSource<GeoJSONSource>("counts")?.setData(circles(places, counts));
  };
  // Not "load": that waits for a base map that may be far away, and the counts need none.
  map.once("style.load", () => {
    void addBase(map).catch(() => undefined);
    void fetch(box.dataset["places"] ?? "", { credentials: "same-origin", headers: { "X-Background": "1" } })
      .then(async (answer) => {
        if (!answer.ok) throw new Error(String(answer.status));
        places = (await answer.json()) as FeatureCollection;
        addLayers(map, places, circles(places, counts));
        fit(map, places);
        new ResizeObserver(() => fit(map, places)).observe(box);
        ready = true;
        sayState(places.features.length ? "" : "本区域还没有社区边界，地图上没有内容。");
        box.dataset["ready"] = "1";
      })
      .catch(() => sayState("地图边界没有取到，刷新页面可重试；数字不受影响。"));
  });
  return (found) => {
    counts = found;
    show();
  };
}

function addLayers(map: MapLibre, places: FeatureCollection, counts: FeatureCollection): void {
  map.addSource("places", { type: "geojson", data: places });
  map.addSource("counts", { type: "geojson", data: counts });
  map.addLayer({ id: "places-fill", type: "fill", source: "places", paint: { "fill-color": token("map-fill"), "fill-opacity": 0.75 } });
  map.addLayer({ id: "places-line", type: "line", source: "places", paint: { "line-color": token("map-line"), "line-width": 1 } });
  const scale = Math.max(1, window.innerWidth / 1920);
  for (const [name, property, colour] of [["open", "open", "map-case"], ["late", "late", "overdue"]] as const) {
    map.addLayer({
      id: `counts-${name}`, type: "circle", source: "counts", filter: [">", ["get", property], 0],
      paint: {
        "circle-radius": ["*", ["get", "unit"], scale, ["sqrt", ["get", property]]],
        "circle-color": token(colour), "circle-opacity": name === "open" ? 0.72 : 0.9,
        "circle-stroke-color": token("map-ground"), "circle-stroke-width": 1,
      },
    });
  }
}

// Pixels of radius for one case: the largest circle is as wide as its neighbours allow.
const LARGEST = 30;

function circles(places: FeatureCollection, counts: Counts): FeatureCollection {
  const top = Math.max(1, ...Object.values(counts).map(([open]) => open));
  const unit = Math.min(8, LARGEST / Math.sqrt(top));
  const features: Feature[] = [];
  for (const place of places.features) {
    const { code, centre } = (place.properties ?? {}) as { code: string; centre: [number, number] | null };
    const found = counts[code];
    if (!found || !centre) continue;
    features.push({ type: "Feature", geometry: { type: "Point", coordinates: centre }, properties: { open: found[0], late: found[1], unit } });
  }
  return { type: "FeatureCollection", features };
}

function fit(map: MapLibre, places: FeatureCollection): void {
  const bounds = new LngLatBounds();
  boundsOf(places, bounds);
  map.resize();
  if (!bounds.isEmpty()) map.fitBounds(bounds, { padding: 24, animate: false });
}
