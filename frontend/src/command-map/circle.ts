// Choosing a circle: dragged on the map, or a point and metres typed; what it holds comes as a panel.
import type { GeoJSONSource, LngLat } from "maplibre-gl";
import { token } from "../map/style";
import { asked, type State } from "./config";

const SIDES = 72;
const MOST = 5_000;
const LEAST = 10;

interface Circle {
  lon: number;
  lat: number;
  metres: number;
}

export function startCircle(state: State): void {
  const form = document.querySelector<HTMLFormElement>("[data-circle-form]");
  const { map } = state;
  map.addSource("circle", { type: "geojson", data: { type: "FeatureCollection", features: [] } });
  map.addLayer({ id: "circle-fill", type: "fill", source: "circle", paint: { "fill-color": token("map-here"), "fill-opacity": 0.12 } });
  map.addLayer({ id: "circle-line", type: "line", source: "circle", paint: { "line-color": token("map-here"), "line-width": 2 } });
  if (!form) return;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void inspect(state, form);
  });
  form.addEventListener("input", () => {
    const found = read(form);
    if (found) draw(state, found);
  });
  form.querySelector("[data-circle-here]")?.addEventListener("click", () => {
    const centre = map.getCenter();
    write(form, { lon: centre.lng, lat: centre.lat, metres: read(form)?.metres ?? 300 });
    form.dispatchEvent(new Event("input"));
  });
  dragging(state, form);
  const [lon, lat, metres] = state.config.circle.split(",").map(Number);
  if (lon !== undefined && lat !== undefined && metres) {
    write(form, { lon, lat, metres });
    void inspect(state, form);
  }
}

function dragging(state: State, form: HTMLFormElement): void {
  const { map } = state;
  const button = form.querySelector<HTMLButtonElement>("[data-circle-draw]");
  let centre: LngLat | null = null;
  const stop = () => {
    centre = null;
    delete state.box.dataset["drawing"];
    button?.setAttribute("aria-pressed", "false");
    map.dragPan.enable();
    map.getCanvas().style.cursor = "";
  };
  button?.addEventListener("click", () => {
    if (state.box.dataset["drawing"]) return stop();
    state.box.dataset["drawing"] = "1";
    button.setAttribute("aria-pressed", "true");
    map.dragPan.disable();
    map.getCanvas().style.cursor = "crosshair";
    state.say("按住并拖动：从圆心拖到边缘。按 Esc 取消。");
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !state.box.dataset["drawing"]) return;
    stop();
    state.say("");
  });
  const start = (event: { lngLat: LngLat }) => {
    if (state.box.dataset["drawing"]) centre = event.lngLat;
  };
  const move = (event: { lngLat: LngLat }) => {
    if (!centre) return;
    const metres = Math.max(LEAST, Math.min(MOST, Math.round(centre.distanceTo(event.lngLat))));
    write(form, { lon: centre.lng, lat: centre.lat, metres });
    draw(state, { lon: centre.lng, lat: centre.lat, metres });
    state.say(metres === MOST ? "半径最多 5 公里。" : `半径 ${metres} 米`);
  };
  const end = () => {
    if (!centre) return;
    // The click that ends the drag must open nothing.
    setTimeout(stop, 0);
    state.say("");
    void inspect(state, form);
  };
  map.on("mousedown", start);
  map.on("touchstart", start);
  map.on("mousemove", move);
  map.on("touchmove", move);
  map.on("mouseup", end);
  map.on("touchend", end);
}

/** What a panel that is open says, said anew: the instant has changed. */
export function inspectAgain(state: State): void {
  const form = document.querySelector<HTMLFormElement>("[data-circle-form]");
  if (form && document.querySelector("#inside .inside")) void inspect(state, form);
}

async function inspect(state: State, form: HTMLFormElement): Promise<void> {
  const box = document.getElementById("inside");
  const found = read(form);
  if (!box) return;
  if (!found) return void box.replaceChildren(note("请填写经度、纬度与 10 至 5000 米的半径。"));
  draw(state, found);
  box.replaceChildren(note("正在查询圈内…"));
  const circle = `${found.lon.toFixed(6)},${found.lat.toFixed(6)},${Math.round(found.metres)}`;
  try {
    const answer = await fetch(`${state.config.urls["inside"]}?${asked(state, { circle })}`, { headers: { "HX-Request": "true" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const panel = page.querySelector(".inside") ?? page.body.firstElementChild;
    box.replaceChildren(...(panel ? [document.adoptNode(panel)] : [note("没有取到圈内的内容。")]));
  } catch {
    box.replaceChildren(note("没有取到圈内的内容，请检查网络后重试。"));
  }
}

function note(text: string): HTMLElement {
  const made = document.createElement("p");
  made.className = "quiet";
  made.textContent = text;
  return made;
}

function field(form: HTMLFormElement, name: string): HTMLInputElement | null {
  return form.querySelector<HTMLInputElement>(`[data-circle="${name}"]`);
}

function read(form: HTMLFormElement): Circle | null {
  const [lon, lat, metres] = ["lon", "lat", "metres"].map((name) => Number.parseFloat(field(form, name)?.value ?? ""));
  if (lon === undefined || lat === undefined || metres === undefined || !Number.isFinite(lon + lat + metres)) return null;
  return Math.abs(lon) <= 180 && Math.abs(lat) <= 85 && metres >= LEAST && metres <= MOST ? { lon, lat, metres } : null;
}

function write(form: HTMLFormElement, { lon, lat, metres }: Circle): void {
  for (const [name, value] of [["lon", lon.toFixed(5)], ["lat", lat.toFixed(5)], ["metres", String(Math.round(metres))]]) {
    const one = field(form, name ?? "");
    if (one) one.value = value ?? "";
  }
}

function draw(state: State, { lon, lat, metres }: Circle): void {
  const north = metres / 111_195;
  const east = north / Math.cos((lat * Math.PI) / 180);
  const ring = Array.from({ length: SIDES + 1 }, (_, index) => {
    const angle = (2 * Math.PI * index) / SIDES;
    return [lon + east * Math.cos(angle), lat + north * Math.sin(angle)];
  });
  (state.map.getSource("circle") as GeoJSONSource).setData({ type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [ring] } });
}
