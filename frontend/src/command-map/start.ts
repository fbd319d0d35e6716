// The command map: put together from its parts; which layers are on is kept for each person.
import "maplibre-gl/dist/maplibre-gl.css";
import { Map as MapLibre, NavigationControl, ScaleControl, setWorkerUrl } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import { addLayer } from "../map/layers";
import { addBase, styleFor } from "../map/style";
import { inspectAgain, startCircle } from "./circle";
import type { Config, State } from "./config";
import { addLoad, refreshLoad } from "./load";
import { startOpening } from "./opening";
import { addPeople, refreshPeople } from "./people";
import { addCases, addThings, refreshCases, show, THINGS } from "./points";
import { startSigns } from "./signs";
import { startTime } from "./time";
import { addVehicles, refreshVehicles } from "./vehicles";

// Lights turn with time alone; what people do is told by the stream.
const IDLE = 60_000;
// The server gives the same reading of open cases for a second (cases/points.py): who asks after
// longer than that is given what came with the news.
const READING = 1_050;
const SPREAD = 300;
const OWN = 1_000;

export function startCommandMap(): void {
  const whole = document.querySelector<HTMLElement>("[data-command-map]");
  const box = whole?.querySelector<HTMLElement>("[data-map-box]");
  const text = document.getElementById(whole?.dataset["commandMap"] ?? "")?.textContent;
  if (!box || !text) return;
  const config = JSON.parse(text) as Config;
  const line = box.querySelector<HTMLElement>("[data-map-state]");
  const say = (words: string) => {
    if (line) [line.textContent, line.hidden] = [words, words === ""];
  };
  let state: State | undefined;
  const map = open(box, config, say, () => state?.ownUntil ?? 0);
  if (!map) return;
  start(map, (state = { map, config, box, at: "", span: "day", turn: 0, ownUntil: 0, say }));
}

function start(map: MapLibre, state: State): void {
  const { box, say } = state;
  map.on("load", () => {
    say("");
    void addBase(map).catch(() => say("底图没有取到，其余内容照常。"));
    fill(state);
    box.dataset["ready"] = "1";
    // Everything asked for is drawn: for tests and the bench.
    map.on("idle", () => void (box.dataset["idle"] = "1"));
    map.on("dataloading", () => void delete box.dataset["idle"]);
  });
}

function open(box: HTMLElement, config: Config, say: (text: string) => void, own: () => number): MapLibre | null {
  setWorkerUrl(workerUrl);
  try {
    const kept = config.near ? null : remembered(config).view;
    const map = new MapLibre({
      container: box, style: styleFor(), center: kept?.centre ?? config.start ?? [121.9, 30.9],
      zoom: kept?.zoom ?? (config.near ? 16 : wholeZoom(box.clientWidth)), maxZoom: 19.5, minZoom: 4, fadeDuration: 0,
      transformRequest: (url) => (Date.now() < own() ? { url, headers: { "X-Background": "1" } } : { url }),
      attributionControl: false, dragRotate: false, pitchWithRotate: false,
      locale: { "NavigationControl.ZoomIn": "放大", "NavigationControl.ZoomOut": "缩小", "Map.Title": "地图" },
    });
    map.addControl(new NavigationControl({ showCompass: false }), "top-right");
    map.addControl(new ScaleControl({ unit: "metric" }), "bottom-right");
    return map;
  } catch {
    say("这台电脑不能显示地图（没有 WebGL）。负荷表与案件列表里有同样的内容。");
    return null;
  }
}

// What a desk's width shows of the city at 12, a phone shows further out.
function wholeZoom(width: number): number {
  return 12 + Math.min(0, Math.log2(Math.max(width, 240) / 900));
}

function fill(state: State): void {
  const switches = [...document.querySelectorAll<HTMLInputElement>("[data-layer]")];
  const chosen = remembered(state.config).layers;
  for (const one of switches) one.checked = chosen[one.dataset["layer"] ?? ""] ?? one.checked;
  const on = (name: string) => switches.some((one) => one.dataset["layer"] === name && one.checked);
  const has = (name: string) => switches.some((one) => one.dataset["layer"] === name);

  startSigns(state.map);
  if (has("areas")) {
    addLayer(state.map, { title: "区域", url: state.config.urls["areas"] ?? "", window: true }, 0, () => undefined);
    show(state, "areas", on("areas"));
  }
  if (has("load")) addLoad(state, on("load"));
  for (const kind of THINGS) if (has(kind)) addThings(state, kind, on(kind));
  if (has("cases")) addCases(state, on("cases"));
  if (has("vehicles")) addVehicles(state);
  if (has("people")) addPeople(state);
  startCircle(state);
  startOpening(state);

  const again = () => {
    if (on("cases")) refreshCases(state);
    if (on("load")) void refreshLoad(state);
    if (on("vehicles")) void refreshVehicles(state, true);
  };
  startTime(state, () => {
    again();
    inspectAgain(state);
  });
  state.map.on("moveend", () => {
    if (on("load")) void refreshLoad(state);
    remember(state, switches);
  });
  for (const one of switches) {
    one.addEventListener("change", () => {
      const name = one.dataset["layer"] ?? "";
      show(state, name, one.checked);
      if (name === "load" && one.checked) void refreshLoad(state);
      if (name === "vehicles") void refreshVehicles(state, one.checked);
      if (name === "people") void refreshPeople(state, one.checked);
      remember(state, switches);
    });
  }
  if (on("load")) void refreshLoad(state);
  if (on("vehicles")) void refreshVehicles(state, true);
  // People are asked for by the person, each time anew: a look is told to those looked at.
  for (const one of switches) if (one.dataset["layer"] === "people") one.checked = false;
  follow(state, again);
}

/** Asks again after news of cases: many messages are one question, each viewer a moment of his own. */
function follow(state: State, again: () => void): void {
  let due = 0;
  let missed = false;
  const plan = () => {
    missed = true;
    if (!due) due = window.setTimeout(look, READING + SPREAD * Math.random());
  };
  const look = () => {
    due = 0;
    // Nobody looks, or what is shown is past and stays as it was.
    if (document.hidden || state.at || !missed) return;
    missed = false;
    state.ownUntil = Date.now() + OWN;
    again();
  };
  document.addEventListener("chengguan:news", ({ detail }) => {
    if (detail.topic === "reload" || detail.topic === "back" || detail.topic.startsWith("case.")) plan();
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) plan();
  });
  window.setInterval(plan, IDLE * (0.9 + 0.2 * Math.random()));
}

interface Kept {
  layers: Record<string, boolean>;
  view?: { centre: [number, number]; zoom: number };
}

function remembered(config: Config): Kept {
  try {
    return { layers: {}, ...(JSON.parse(localStorage.getItem(key(config)) ?? "{}") as Partial<Kept>) };
  } catch {
    return { layers: {} };
  }
}

function remember(state: State, switches: HTMLInputElement[]): void {
  const centre = state.map.getCenter();
  const layers = Object.fromEntries(switches.map((one) => [one.dataset["layer"] ?? "", one.checked]));
  const kept: Kept = { layers, view: { centre: [centre.lng, centre.lat], zoom: state.map.getZoom() } };
  try {
    localStorage.setItem(key(state.config), JSON.stringify(kept));
  } catch {
    // A browser that keeps nothing shows the map all the same.
  }
}

function key(config: Config): string {
  return `chengguan.map.${config.user}`;
}
