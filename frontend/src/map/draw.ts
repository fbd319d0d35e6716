// Drawing a place on the map: a circle by its middle and edge, a polygon by its corners. What is drawn
// goes into the fields `circle` and `shape` of the page's filter form, which is then sent.
import type { GeoJSONSource, MapMouseEvent, Map as MapLibre } from "maplibre-gl";
import { token } from "./style";

type Point = [number, number];
type Tool = "circle" | "shape" | "";

const EARTH = 6_371_008.8;
const LEAST_CORNERS = 3;
const SIDES = 64;

export function startDrawing(map: MapLibre, bar: HTMLElement): void {
  const form = document.querySelector<HTMLFormElement>("form.filters");
  const circle = form?.querySelector<HTMLInputElement>('[name="circle"]');
  const shape = form?.querySelector<HTMLTextAreaElement>('[name="shape"]');
  const crs = form?.querySelector<HTMLSelectElement>('[name="crs"]');
  if (!form || !circle || !shape) return;
  let tool: Tool = "";
  let corners: Point[] = [];
  map.addSource("drawn", { type: "geojson", data: feature(given(circle.value, shape.value)) });
  map.addLayer({ id: "drawn-fill", type: "fill", source: "drawn", paint: { "fill-color": token("map-here"), "fill-opacity": 0.12 } });
  map.addLayer({ id: "drawn-line", type: "line", source: "drawn", paint: { "line-color": token("map-here"), "line-width": 2 } });
  const show = (ring: Point[]) => map.getSource<GeoJSONSource>("drawn")?.setData(feature(ring));
  const say = (text: string) => {
    const place = bar.querySelector("[data-draw-says]");
    if (place) place.textContent = text;
  };
  const send = (kind: Tool, text: string) => {
    circle.value = kind === "circle" ? text : "";
    shape.value = kind === "shape" ? text : "";
    if (crs) crs.value = "CGCS2000";
    form.requestSubmit();
  };
  const choose = (next: Tool) => {
    tool = next;
    corners = [];
    show([]);
    map.getCanvas().style.cursor = tool ? "crosshair" : "";
    map.doubleClickZoom[tool ? "disable" : "enable"]();
    for (const one of bar.querySelectorAll<HTMLElement>("[data-draw]")) one.setAttribute("aria-pressed", String(one.dataset["draw"] === tool && tool !== ""));
    say(tool === "circle" ? "点圆心，再点圆周" : tool === "shape" ? "依次点各拐点，双击结束" : "");
  };
  const click = (event: MapMouseEvent) => {
    if (!tool) return;
    const at: Point = [event.lngLat.lng, event.lngLat.lat];
    const first = corners[0];
    if (tool === "circle" && first) {
      send("circle", `${first[0].toFixed(6)},${first[1].toFixed(6)},${Math.max(1, Math.round(metres(first, at)))}`);
      return;
    }
    corners.push(at);
    if (tool === "shape") show([...corners, corners[0] as Point]);
  };
  map.on("click", click);
  map.on("mousemove", (event) => {
    const first = corners[0];
    if (tool === "circle" && first) show(ringOf(first, metres(first, [event.lngLat.lng, event.lngLat.lat])));
  });
  map.on("dblclick", () => {
    // The two clicks of a double click are the same corner twice.
    const ring = corners.filter((one, n) => n === 0 || metres(one, corners[n - 1] as Point) > 0.5);
    if (tool !== "shape" || ring.length < LEAST_CORNERS) return;
    const closed = [...ring, ring[0]].map((one) => (one as Point).map((x) => Number(x.toFixed(6))));
    send("shape", JSON.stringify({ type: "Polygon", coordinates: [closed] }));
  });
  bar.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLElement>("[data-draw]");
    if (!button) return;
    const next = button.dataset["draw"] as Tool;
    if (next) choose(next === tool ? "" : next);
    else send("", "");
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && tool) choose("");
  });
}

function given(circle: string, shape: string): Point[] {
  const [lon, lat, radius] = circle.split(",").map(Number);
  if (lon !== undefined && lat !== undefined && radius !== undefined) return ringOf([lon, lat], radius);
  try {
    const read = JSON.parse(shape) as { coordinates: Point[][] };
    return read.coordinates[0] ?? [];
  } catch {
    return [];
  }
}

function ringOf(middle: Point, radius: number): Point[] {
  const north = ((radius / EARTH) * 180) / Math.PI;
  const east = north / Math.cos((middle[1] * Math.PI) / 180);
  return Array.from({ length: SIDES + 1 }, (_, n) => {
    const turn = (n * 2 * Math.PI) / SIDES;
    return [middle[0] + east * Math.cos(turn), middle[1] + north * Math.sin(turn)];
  });
}

function metres(a: Point, b: Point): number {
  const rad = Math.PI / 180;
  const x = (b[0] - a[0]) * rad * Math.cos(((a[1] + b[1]) / 2) * rad);
  return EARTH * Math.hypot(x, (b[1] - a[1]) * rad);
}

function feature(ring: Point[]): GeoJSON.Feature {
  return { type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: ring.length ? [ring] : [] } };
}
