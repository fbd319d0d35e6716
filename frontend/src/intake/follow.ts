// The map follows the words: the surest place moves the pin until somebody chooses a point himself.
import type { FeatureCollection } from "geojson";
import { type GeoJSONSource, LngLatBounds, type Map as MapLibre } from "maplibre-gl";
import { token } from "../map/style";

const EMPTY: FeatureCollection = { type: "FeatureCollection", features: [] };

export function startFollowing(form: HTMLFormElement): void {
  const field = (name: string) => form.querySelector<HTMLInputElement>(`[name=${name}]`)!;
  const [lon, lat, followed] = [field("lon"), field("lat"), field("followed")];
  let map: MapLibre | undefined;

  const byHand = () => lon.value !== "" && `${lon.value},${lat.value}` !== followed.value;
  const put = (point: string) => {
    const [x, y] = point.split(",");
    if (lon.value === (x ?? "") && lat.value === (y ?? "")) return;
    lon.value = x ?? "";
    lat.value = y ?? "";
    // The map moves its pin on "input"; "change" would ask for the proposals again.
    lat.dispatchEvent(new Event("input"));
  };

  const arrived = () => {
    if (byHand()) return draw(map);
    const first = form.querySelector<HTMLElement>("[data-place]");
    const sure = first?.dataset["sure"] ? (first.dataset["place"] ?? "") : "";
    followed.value = sure;
    put(sure);
    // After the pin, which only eases over: the places decide how near to look.
    draw(map);
  };

  form.addEventListener("map-ready", (event) => {
    map = (event as CustomEvent<MapLibre>).detail;
    draw(map);
  });
  form.addEventListener("htmx:after:swap", arrived);
  form.addEventListener("click", (event) => {
    const place = (event.target as Element).closest<HTMLElement>("[data-place]");
    if (!place) return;
    followed.value = "";
    put(place.dataset["place"] ?? "");
    const address = field("address");
    if (!address.value && place.dataset["address"]) address.value = place.dataset["address"];
    const component = place.dataset["component"];
    if (component) field("component").value = component;
    lat.dispatchEvent(new Event("change", { bubbles: true }));
  });
  arrived();
}

let drawn = "";

function draw(map: MapLibre | undefined): void {
  if (!map) return;
  const text = document.getElementById("intake-features")?.textContent ?? "";
  // The same places again leave the map where somebody has moved it.
  if (text === drawn) return;
  drawn = text;
  const data = text ? (JSON.parse(text) as FeatureCollection) : EMPTY;
  const source = map.getSource("intake") as GeoJSONSource | undefined;
  if (source) source.setData(data);
  else add(map, data);
  const bounds = new LngLatBounds();
  for (const one of data.features) if (one.geometry.type === "Point") bounds.extend(one.geometry.coordinates as [number, number]);
  if (!bounds.isEmpty()) map.fitBounds(bounds, { padding: 60, maxZoom: 16, duration: 300 });
}

function add(map: MapLibre, data: FeatureCollection): void {
  map.addSource("intake", { type: "geojson", data });
  map.addLayer({
    id: "intake-point", type: "circle", source: "intake",
    paint: {
      "circle-color": ["match", ["get", "kind"], "case", token("map-case"), token("map-point")],
      "circle-radius": ["match", ["get", "kind"], "case", 8, 6],
      "circle-stroke-color": "#ffffff",
      "circle-stroke-width": 2,
    },
  });
  map.addLayer({
    id: "intake-label", type: "symbol", source: "intake",
    layout: { "text-field": ["get", "title"], "text-size": 12, "text-offset": [0, 1.1], "text-anchor": "top", "text-max-width": 14 },
    paint: { "text-color": token("ink-2"), "text-halo-color": "#ffffff", "text-halo-width": 1.5 },
  });
}
