// Vehicles where they last said they were. What is old is hollow and says so: not told by colour alone.
import type { FeatureCollection } from "geojson";
import type { GeoJSONSource } from "maplibre-gl";
import { token } from "../map/style";
import { fetchJson, type State } from "./config";

type Vehicles = FeatureCollection & { stale: number; truncated: boolean };

export function addVehicles(state: State): void {
  const { map } = state;
  map.addSource("vehicles", { type: "geojson", data: { type: "FeatureCollection", features: [] } });
  map.addLayer({
    id: "vehicles-single", type: "symbol", source: "vehicles", paint: { "text-color": token("ink"), "text-halo-color": "#ffffff", "text-halo-width": 1.4 },
    layout: {
      "icon-image": ["case", ["get", "stale"], "vehicle-stale", "vehicle"], "icon-allow-overlap": true,
      "text-field": ["concat", ["get", "kind"], " ", ["get", "age"]], "text-size": 11, "text-offset": [0, 1.1], "text-anchor": "top", "text-optional": true,
    },
  });
}

export async function refreshVehicles(state: State, on: boolean): Promise<void> {
  const source = state.map.getSource("vehicles") as GeoJSONSource | undefined;
  if (!source) return;
  const line = document.querySelector("[data-vehicles-state]");
  if (!on) {
    source.setData({ type: "FeatureCollection", features: [] });
    if (line) line.textContent = "";
    return;
  }
  const body = await fetchJson<Vehicles>(state, state.config.urls["vehicles"] ?? "");
  if (!body) return;
  source.setData(body);
  if (!line) return;
  const count = body.features.length;
  if (!count) line.textContent = "还没有车辆上报位置。";
  else line.textContent = `${count} 辆${body.truncated ? "（只显示了一部分）" : ""}，其中未更新 ${body.stale} 辆。`;
}
