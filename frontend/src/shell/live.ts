// The live stream as pages hear it: `chengguan:news` on the document for every message, and
// `chengguan:line` when the line is lost or back. A page marked `data-live` says when what it shows
// has changed; it never changes under a person's hands. `data-live="<case number>"` listens to one
// case alone. What is only looked at refreshes by itself, see `refresh.ts`.
import { share } from "../news/tabs";
import type { Frame } from "../news/line";

export interface News {
  /** "case.dispatch", "orders.issued" …; "reload": something was missed, all may have changed. */
  topic: string;
  /** The case's number, "" where the message names none. */
  number: string;
  /** The id of what it is about, 0 where the message names none. */
  subject: number;
  payload: Record<string, unknown>;
}

export interface LineState {
  alive: boolean;
  /** Milliseconds since the epoch. */
  since: number;
}

declare global {
  interface DocumentEventMap {
    "chengguan:news": CustomEvent<News>;
    "chengguan:line": CustomEvent<LineState>;
  }
}

export function startLive(): void {
  const url = meta("chengguan-stream");
  if (!url) return;
  document.addEventListener("chengguan:news", ({ detail }) => {
    const place = document.querySelector<HTMLElement>("[data-live]");
    if (place && concerns(detail, place.dataset["live"] ?? "")) sayChanged(true);
  });
  share(url, meta("chengguan-who"), { hear: tell, state: sayState });
}

function tell(frame: Frame): void {
  if (!frame.topic) return;
  let said: { payload?: Record<string, unknown>; subject?: number } = {};
  try {
    said = JSON.parse(frame.data) as typeof said;
  } catch {
    // A line that can't be read still says that something happened.
  }
  const payload = said.payload ?? {};
  const number = typeof payload["number"] === "string" ? payload["number"] : "";
  document.dispatchEvent(new CustomEvent("chengguan:news", { detail: { topic: frame.topic, number, subject: said.subject ?? 0, payload } }));
}

let alive: boolean | undefined;

function sayState(now: boolean): void {
  if (alive === now) return;
  const before = alive;
  alive = now;
  document.documentElement.dataset["line"] = now ? "alive" : "lost";
  document.dispatchEvent(new CustomEvent("chengguan:line", { detail: { alive: now, since: Date.now() } }));
  // Back again with nothing to catch up by: what was missed is looked at anew.
  if (now && before === false) {
    document.dispatchEvent(new CustomEvent("chengguan:news", { detail: { topic: "back", number: "", subject: 0, payload: {} } }));
  }
}

function concerns(news: News, number: string): boolean {
  if (news.topic === "reload" || news.topic === "back") return true;
  if (!news.topic.startsWith("case.")) return false;
  return !number || news.number === number;
}

/** Says that what is shown has changed, or that it is up to date again. */
export function sayChanged(changed: boolean): void {
  const box = document.getElementById("live");
  if (!box) return;
  const link = box.querySelector("a");
  if (link) link.href = window.location.href;
  box.hidden = !changed;
}

function meta(name: string): string {
  return document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? "";
}
