// Places that are only looked at keep themselves fresh: `data-refresh` (the address of the fragment,
// this page's own when empty) is fetched again after news of the topics in `data-refresh-on`, and
// its content replaced. Many messages are one fetch; each viewer waits a moment of his own, and
// the slower the server answers the rarer it is asked. Nothing changes under a person's hands.
import htmx from "htmx.org";
import type { News } from "./live";

// An answer may have been counted so long before it was asked for (`X-Kept`, seconds): who waits
// longer than that after news is given what came with it, and no clocks have to agree.
const KEPT_S = 0.5;
const SPREAD_MS = 300;
const LEAST_MS = 1_200;

export function startRefreshing(): void {
  for (const place of document.querySelectorAll<HTMLElement>("[data-refresh]")) keep(place);
}

function keep(place: HTMLElement): void {
  const topics = (place.dataset["refreshOn"] ?? "case").split(" ");
  const least = Number(place.dataset["refreshLeast"] ?? LEAST_MS);
  const idle = Number(place.dataset["refreshEvery"] ?? 0);
  let due = 0;
  let busy = false;
  let again = false;
  let restAt = 0;
  const plan = () => {
    again = true;
    if (due || busy) return;
    const kept = 1_000 * Number(place.dataset["refreshKept"] ?? KEPT_S);
    const wait = Math.max(kept + 50 + SPREAD_MS * Math.random(), restAt - Date.now());
    due = window.setTimeout(() => void run(), wait);
  };
  const run = async () => {
    due = 0;
    if (document.visibilityState === "hidden") return;
    if (held(place)) {
      due = window.setTimeout(() => void run(), 500);
      return;
    }
    again = false;
    busy = true;
    const begun = performance.now();
    const good = await fetchInto(place);
    const took = performance.now() - begun;
    busy = false;
    restAt = Date.now() + Math.max(least, took * 4) * (0.8 + 0.4 * Math.random());
    if (again) plan();
    else if (!good) window.setTimeout(plan, 5_000 + 5_000 * Math.random());
  };
  document.addEventListener("chengguan:news", ({ detail }) => {
    if (concerns(detail, topics)) plan();
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") plan();
  });
  if (idle) window.setInterval(plan, idle * 1_000 * (0.9 + 0.2 * Math.random()));
}

function concerns(news: News, topics: string[]): boolean {
  if (news.topic === "reload" || news.topic === "back" || news.topic.startsWith("wall.")) return true;
  return topics.some((topic) => news.topic === topic || news.topic.startsWith(`${topic}.`));
}

// Somebody types, has chosen rows, has a menu open or is about to click: not now.
function held(place: HTMLElement): boolean {
  if (place.contains(document.activeElement) && document.activeElement !== place) return true;
  if (place.querySelector("input:checked, details[open]")) return true;
  if (place.matches(":hover") && place.dataset["refreshHover"] !== "1") return true;
  const chosen = window.getSelection();
  return !!chosen && !chosen.isCollapsed && place.contains(chosen.anchorNode);
}

async function fetchInto(place: HTMLElement): Promise<boolean> {
  const url = place.dataset["refresh"] || window.location.href;
  const headers: Record<string, string> = { "HX-Request": "true", "X-Background": "1" };
  const seen = place.dataset["refreshSeen"];
  if (seen) headers["If-None-Match"] = seen;
  try {
    const answer = await fetch(url, { headers, credentials: "same-origin", redirect: "manual" });
    const release = answer.headers.get("X-Release") ?? "";
    if (answer.ok || answer.status === 304) {
      place.dispatchEvent(new CustomEvent("chengguan:answered", { bubbles: true, detail: { release } }));
    }
    const kept = answer.headers.get("X-Kept");
    if (kept) place.dataset["refreshKept"] = kept;
    if (answer.status === 304) return true;
    if (answer.type === "opaqueredirect" || answer.headers.has("HX-Redirect")) {
      document.dispatchEvent(new CustomEvent("chengguan:signed-out"));
      return false;
    }
    if (!answer.ok) return false;
    const found = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = (place.id && found.getElementById(place.id)) || found.body;
    place.replaceChildren(...Array.from(fresh.childNodes));
    place.dataset["refreshSeen"] = answer.headers.get("ETag") ?? "";
    htmx.process(place);
    place.dispatchEvent(new CustomEvent("chengguan:refreshed", { bubbles: true }));
    return true;
  } catch {
    // The network is away; the line says so, and tells when it is back.
    return false;
  }
}
