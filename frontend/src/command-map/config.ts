// What the server tells the page, and what the page's parts share while it is open.
import type { Map as MapLibre } from "maplibre-gl";

export interface Config {
  user: number;
  query: string;
  start: [number, number] | null;
  near: boolean;
  circle: string;
  urls: Record<string, string>;
  stations: string[];
  classes: { code: number; letter: string }[];
}

export interface State {
  map: MapLibre;
  config: Config;
  box: HTMLElement;
  /** A past local instant ("2026-11-28T14:00"), empty for now. */
  at: string;
  span: string;
  /** Raised when cases are to be asked for anew. */
  turn: number;
  /** Until when (epoch ms) requests are the page's own, not the person's: the idle time-out runs on. */
  ownUntil: number;
  say: (text: string) => void;
}

/** The filters and the instant as parameters; every request about cases carries them. */
export function asked(state: State, more: Record<string, string> = {}): string {
  const found = new URLSearchParams(state.config.query);
  if (state.at) {
    found.set("at", state.at);
    found.set("span", state.span);
  }
  for (const [name, value] of Object.entries(more)) found.set(name, value);
  return found.toString();
}

/** Tiles are kept by address: it names whose they are, and for cases which turn. */
export function tilesOf(state: State, name: string): string[] {
  const own = { as: String(state.config.user) };
  const query = name === "cases" ? asked(state, { ...own, t: String(state.turn) }) : new URLSearchParams(own).toString();
  return [`${window.location.origin}${state.config.urls[name] ?? ""}?${query}`];
}

export async function fetchJson<T>(state: State, url: string): Promise<T | null> {
  try {
    const own: Record<string, string> = Date.now() < state.ownUntil ? { "X-Background": "1" } : {};
    const answer = await fetch(url, { headers: { Accept: "application/json", ...own } });
    const body = (await answer.json()) as T & { detail?: string };
    if (answer.ok) return body;
    state.say(body.detail ?? "地图内容没有取到。");
  } catch {
    state.say("地图内容没有取到，请检查网络后移动地图重试。");
  }
  return null;
}
