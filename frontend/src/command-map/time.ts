// The time slider: the map as it was at any hour of a day or week, played hour by hour.
import { asked, fetchJson, type State } from "./config";

interface Hours {
  first: string;
  counts: number[];
}

const PAUSE = 1_400;
const HOUR = 3_600_000;

export function startTime(state: State, changed: () => void): void {
  const place = <T extends Element>(name: string) => document.querySelector<T>(`[data-time-${name}]`);
  const slider = place<HTMLInputElement>("hour");
  const day = place<HTMLInputElement>("day");
  const span = place<HTMLSelectElement>("span");
  const now = place<HTMLButtonElement>("now");
  const play = place<HTMLButtonElement>("play");
  if (!slider || !day || !span || !now || !play) return;
  let hours: Hours = { first: "", counts: [] };
  let playing = 0;
  day.value = day.max = local(new Date()).slice(0, 10);

  const say = () => {
    const label = place<HTMLOutputElement>("at");
    const count = hours.counts[Number(slider.value)];
    if (label) label.textContent = state.at ? `${state.at.replace("T", " ")}　在办 ${count ?? "—"} 件` : "现在";
    now.setAttribute("aria-pressed", String(!state.at));
    place<HTMLElement>("note")?.toggleAttribute("hidden", !state.at);
    slider.setAttribute("aria-valuetext", state.at || "现在");
    for (const [index, bar] of [...(place("bars")?.children ?? [])].entries()) {
      bar.classList.toggle("is-at", Boolean(state.at) && index === Number(slider.value));
    }
  };
  const go = (at: string) => {
    state.at = at;
    say();
    changed();
  };
  const pick = () => go(hours.first ? local(new Date(Date.parse(hours.first) + Number(slider.value) * HOUR)) : "");
  const load = async () => {
    state.span = span.value;
    // The day's last hour, so that the span asked for is the one that ends with this day.
    const asking = { ...state, at: "" };
    const at = `${day.value}T23:00`;
    const past = new Date(at) < new Date() ? { at } : {};
    const found = await fetchJson<Hours>(state, `${state.config.urls["hours"]}?${asked(asking, { span: span.value, ...past })}`);
    if (!found) return;
    hours = found;
    slider.max = String(Math.max(0, found.counts.length - 1));
    bars(place("bars"), found);
    say();
  };
  const stop = () => {
    window.clearInterval(playing);
    playing = 0;
    play.textContent = "播放";
    play.setAttribute("aria-pressed", "false");
  };
  slider.addEventListener("change", pick);
  slider.addEventListener("input", () => {
    stop();
  });
  for (const one of [day, span]) {
    one.addEventListener("change", () => {
      stop();
      void load().then(() => {
        slider.value = slider.max;
        pick();
      });
    });
  }
  now.addEventListener("click", () => {
    stop();
    day.value = local(new Date()).slice(0, 10);
    void load();
    go("");
  });
  play.addEventListener("click", () => {
    if (playing) return stop();
    if (!state.at) slider.value = "0";
    play.textContent = "停止";
    play.setAttribute("aria-pressed", "true");
    pick();
    playing = window.setInterval(() => {
      if (Number(slider.value) >= Number(slider.max)) return stop();
      // A slow machine shows each hour all the same: the next waits for the last to be drawn.
      if (!state.map.areTilesLoaded()) return;
      slider.value = String(Number(slider.value) + 1);
      pick();
    }, PAUSE);
  });
  void load().then(() => (slider.value = slider.max));
}

function local(at: Date): string {
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function bars(box: Element | null, hours: Hours): void {
  if (!box) return;
  const most = Math.max(1, ...hours.counts);
  const width = 720 / Math.max(1, hours.counts.length);
  const made = hours.counts.map((count, index) => {
    const bar = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    const height = Math.max(count ? 1 : 0, (38 * count) / most);
    for (const [name, value] of Object.entries({ x: index * width + 0.5, y: 40 - height, width: Math.max(1, width - 1), height })) {
      bar.setAttribute(name, value.toFixed(2));
    }
    const title = document.createElementNS("http://www.w3.org/2000/svg", "title");
    title.textContent = `${local(new Date(Date.parse(hours.first) + index * HOUR)).replace("T", " ")}：${count} 件`;
    bar.append(title);
    return bar;
  });
  box.replaceChildren(...made);
}
