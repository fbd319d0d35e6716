// A click: what a sign stands for, and the list behind a count.
import { type LngLat, type MapGeoJSONFeature, Popup } from "maplibre-gl";
import { asked, fetchJson, type State } from "./config";
import { THINGS } from "./points";

interface Told {
  title?: string;
  code?: string;
  note?: string;
  url?: string;
}

const NAMES: Record<string, string> = { components: "部件", cameras: "摄像机", devices: "设备", facilities: "设施站点" };

export function startOpening(state: State): void {
  const { map } = state;
  on(state, "cases-single", async (found, at) => {
    const told = await fetchJson<Told>(state, (state.config.urls["case"] ?? "").replace("/0/", `/${found.id}/`));
    if (told) popup(state, at, told.title ?? "", [told.code, told.note], told.url);
  });
  on(state, "cases-cells", async (found, at) => cellOfCases(state, found, at));
  for (const kind of THINGS) {
    on(state, `${kind}-single`, async (found, at) => {
      const url = (state.config.urls["thing"] ?? "").replace("kind", kind).replace("/0/", `/${found.id}/`);
      const told = await fetchJson<Told>(state, url);
      if (told) popup(state, at, told.title ?? "", [told.code, told.note], told.url);
    });
    on(state, `${kind}-cells`, async (found, at) => {
      const { n, faulty } = found.properties as Record<string, number>;
      popup(state, at, `${NAMES[kind]} ${n} 个`, [faulty ? `故障或失联 ${faulty} 个` : "", "放大后单个显示"]);
      map.easeTo({ center: at, zoom: Math.min(18, map.getZoom() + 2) });
    });
  }
  on(state, "vehicles-single", async (found, at) => {
    const { title, code, kind, owner, speed, age, url } = found.properties as Record<string, string>;
    popup(state, at, title ?? "", [code === title ? "" : code, kind, owner, speed, age], url);
  });
  on(state, "people-single", async (found, at) => {
    const { name, post, shift, area, age } = found.properties as Record<string, string>;
    popup(state, at, `${name}（${post}）`, [shift, area, `${age}在此网格办件`]);
  });
}

export function popup(state: State, at: LngLat, title: string, notes: (string | undefined)[], url = ""): HTMLElement {
  const box = document.createElement("div");
  const name = document.createElement(url ? "a" : "strong");
  name.textContent = title;
  if (url) (name as HTMLAnchorElement).href = url;
  const line = document.createElement("div");
  line.className = "quiet";
  line.textContent = notes.filter(Boolean).join(" · ");
  box.append(name, line);
  new Popup({ closeButton: true, maxWidth: "280px" }).setLngLat(at).setDOMContent(box).addTo(state.map);
  return box;
}

function cellOfCases(state: State, found: MapGeoJSONFeature, at: LngLat): void {
  const told = found.properties as Record<string, number | string>;
  const split = [["red", "已超期"], ["yellow", "将到期"], ["green", "时限内"], ["none", "不计时"]]
    .filter(([name]) => told[name ?? ""])
    .map(([name, words]) => `${words} ${told[name ?? ""]}`);
  const url = `${state.config.urls["list"]}?${asked(state, { cell: String(told["cell"]) })}`;
  const box = popup(state, at, `查看这 ${told["n"]} 件`, split, url);
  const nearer = document.createElement("button");
  nearer.type = "button";
  nearer.className = "btn btn-small";
  nearer.textContent = "放大";
  nearer.addEventListener("click", () => state.map.easeTo({ center: at, zoom: Math.min(18, state.map.getZoom() + 2) }));
  box.append(nearer);
}

function on(state: State, layer: string, open: (found: MapGeoJSONFeature, at: LngLat) => Promise<void>): void {
  const { map } = state;
  map.on("mouseenter", layer, () => void (map.getCanvas().style.cursor = "pointer"));
  map.on("mouseleave", layer, () => void (map.getCanvas().style.cursor = ""));
  map.on("click", layer, (event) => {
    const found = event.features?.[0];
    if (!found || state.box.dataset["drawing"] || event.originalEvent.defaultPrevented) return;
    // Layers lie on each other: the first that answers takes the click.
    event.originalEvent.preventDefault();
    void open(found, event.lngLat);
  });
}
