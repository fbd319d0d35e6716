// Areas coloured by their open cases; the legend says the classes in numbers.
import type { FeatureCollection } from "geojson";
import type { GeoJSONSource } from "maplibre-gl";
import { token } from "../map/style";
import { asked, fetchJson, type State } from "./config";
import { popup } from "./opening";

type Loads = FeatureCollection & { breaks: number[]; level: string; truncated: boolean; past: boolean };

const CLASSES = 5;
const LEVELS: Record<string, string> = { grid: "单元网格", community: "社区（村）", street: "街道（镇）" };
let asking = 0;

export function addLoad(state: State, shown: boolean): void {
  const { map } = state;
  const visibility = shown ? "visible" : "none";
  const colours = Array.from({ length: CLASSES }, (_, index) => [index + 1, token(`map-load-${index + 1}`)]).flat();
  map.addSource("load", { type: "geojson", data: { type: "FeatureCollection", features: [] } });
  map.addLayer({
    id: "load-fill", type: "fill", source: "load", layout: { visibility },
    paint: { "fill-color": ["match", ["get", "place"], ...(colours as [number, string]), "rgba(0,0,0,0)"], "fill-opacity": 0.72 },
  });
  map.addLayer({ id: "load-line", type: "line", source: "load", layout: { visibility }, paint: { "line-color": token("map-line"), "line-width": 0.8 } });
  map.addLayer({
    id: "load-count", type: "symbol", source: "load", filter: [">", ["get", "n"], 0],
    layout: { visibility, "text-field": ["concat", ["get", "name"], "\n", ["to-string", ["get", "n"]]], "text-size": 11, "text-max-width": 7 },
    paint: { "text-color": token("ink"), "text-halo-color": "#ffffff", "text-halo-width": 1.4 },
  });
  map.on("click", "load-fill", (event) => {
    const found = event.features?.[0];
    if (!found || state.box.dataset["drawing"] || event.originalEvent.defaultPrevented) return;
    event.originalEvent.preventDefault();
    const { name, code, n, red } = found.properties as Record<string, string | number>;
    const url = state.at ? "" : `/cases/?${asked(state, { area: String(code), open: "1" })}`;
    popup(state, event.lngLat, `${name}：在办 ${n} 件`, [red ? `已超期 ${red} 件` : "", String(code)], url);
  });
}

export async function refreshLoad(state: State): Promise<void> {
  const turn = ++asking;
  const zoom = state.map.getZoom();
  const level = zoom >= 14.5 ? "grid" : zoom >= 11.5 ? "community" : "street";
  const bounds = state.map.getBounds();
  const bbox = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()].map((one) => one.toFixed(6)).join(",");
  const body = await fetchJson<Loads>(state, `${state.config.urls["load"]}?${asked(state, { level, bbox })}`);
  if (!body || turn !== asking) return;
  (state.map.getSource("load") as GeoJSONSource).setData(body);
  legend(body);
}

function legend(body: Loads): void {
  const list = document.querySelector("[data-load-legend]");
  if (!list) return;
  const places = body.features.map((one) => Number(one.properties?.["place"] ?? 0));
  const rows = [0, ...body.breaks.map((_, index) => index + 1)].map((place) => {
    const from = place ? body.breaks[place - 1] ?? 0 : 0;
    const to = place ? body.breaks[place] : 1;
    const words = !place ? "0 件" : to === undefined ? `${from} 件以上` : to - 1 === from ? `${from} 件` : `${from}–${to - 1} 件`;
    const line = document.createElement("li");
    const sign = document.createElement("span");
    sign.className = `sign sign-load-${place}`;
    sign.setAttribute("aria-hidden", "true");
    line.append(sign, `${words}：${places.filter((one) => one === place).length} 个${LEVELS[body.level] ?? "区域"}`);
    return line;
  });
  list.replaceChildren(...rows);
}
