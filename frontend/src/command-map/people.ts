// People on duty, asked for only while the layer is on: each look is told to them.
import type { FeatureCollection } from "geojson";
import type { GeoJSONSource } from "maplibre-gl";
import { token } from "../map/style";
import { fetchJson, type State } from "./config";

type People = FeatureCollection & { on_duty: number; roster: boolean };

export function addPeople(state: State): void {
  const { map } = state;
  map.addSource("people", { type: "geojson", data: { type: "FeatureCollection", features: [] } });
  map.addLayer({
    id: "people-single", type: "circle", source: "people",
    paint: { "circle-color": token("map-people"), "circle-radius": 9, "circle-stroke-color": "#ffffff", "circle-stroke-width": 2 },
  });
  map.addLayer({
    id: "people-name", type: "symbol", source: "people", paint: { "text-color": token("ink"), "text-halo-color": "#ffffff", "text-halo-width": 1.4 },
    layout: { "text-field": ["concat", ["get", "name"], " ", ["get", "age"]], "text-size": 11, "text-offset": [0, 1.4], "text-anchor": "top" },
  });
}

export async function refreshPeople(state: State, on: boolean): Promise<void> {
  const source = state.map.getSource("people") as GeoJSONSource | undefined;
  if (!source) return;
  if (!on) return void source.setData({ type: "FeatureCollection", features: [] });
  const body = await fetchJson<People>(state, state.config.urls["people"] ?? "");
  if (!body) return;
  source.setData(body);
  const line = document.querySelector("[data-people-state]");
  if (line) {
    line.textContent = body.roster
      ? `在岗 ${body.on_duty} 人，其中 ${body.features.length} 人今天有办件位置。`
      : "还没有排班表，不显示任何人。";
  }
}
