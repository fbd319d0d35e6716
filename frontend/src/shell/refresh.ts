// Places that are only looked at keep themselves fresh: `data-refresh` (the address of the fragment,
// this page's own when empty) is fetched again after news of the topics in `data-refresh-on`, and
// its content replaced. Many messages are one fetch; each viewer waits a moment of his own, and
// the slower the server answers the rarer it is asked. Nothing changes under a person's hands.
import htmx from "htmx.org";
import { type News, sayChanged } from "./live";

// An answer may have been counted so long before it was asked for (`X-Kept`, seconds): who waits
// longer than that after news is given what came with it, and no clocks have to agree.
const KEPT_S = 0.5;
const SPREAD_MS = 300;
const LEAST_MS = 1_200;
// A busy server is asked more rarely, but no place stays behind for longer than this.
const MOST_MS = 5_000;
// A network that is gone without saying so must not end all later asking.
const PATIENCE_MS = 15_000;
// Who has moved the pointer within this time is about to click; one that merely rests is not.
const STILL_MS = 1_500;
const HELD_MS = 2_000;

let movedAt = 0;

export function startRefreshing(): void {
  document.addEventListener("pointermove", () => (movedAt = Date.now()), { passive: true });
  document.addEventListener("pointerdown", () => (movedAt = Date.now()), { passive: true });
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
  let heldAt = 0;
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
      heldAt ||= Date.now();
      if (Date.now() - heldAt > HELD_MS) sayChanged(true);
      due = window.setTimeout(() => void run(), 500);
      return;
    }
    again = false;
    heldAt = 0;
    busy = true;
    const begun = performance.now();
    const good = await fetchInto(place);
    const took = performance.now() - begun;
    busy = false;
    if (good) sayChanged(false);
    restAt = Date.now() + Math.max(least, Math.min(took * 4, MOST_MS)) * (0.8 + 0.4 * Math.random());
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

// Somebody types, has chosen rows, has a menu open or is about to click: not now, and the page says
// that there is something new when it takes longer.
function held(place: HTMLElement): boolean {
  if (place.contains(document.activeElement) && document.activeElement !== place) return true;
  if (place.querySelector("input:checked, details[open]")) return true;
  if (Date.now() - movedAt < STILL_MS && place.matches(":hover") && place.dataset["refreshHover"] !== "1") return true;
  const chosen = window.getSelection();
  return !!chosen && !chosen.isCollapsed && place.contains(chosen.anchorNode);
}

async function fetchInto(place: HTMLElement): Promise<boolean> {
  const url = place.dataset["refresh"] || window.location.href;
  const headers: Record<string, string> = { "HX-Request": "true", "X-Background": "1" };
  const seen = place.dataset["refreshSeen"];
  if (seen) headers["If-None-Match"] = seen;
  try {
    const answer = await fetch(url, {
      headers, credentials: "same-origin", redirect: "manual", signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const release = answer.headers.get("X-Release") ?? "";
    if (answer.ok || answer.status === 304) {
      place.dispatchEvent(new CustomEvent("chengguan:answered", { bubbles: true, detail: { release } }));
    }
    const kept = answer.headers.get("X-Kept");
    if (kept) place.dataset["refreshKept"] = kept;
    if (answer.status === 304) {
      sayCounted(place, answer.headers.get("X-Counted"));
      return true;
    }
    if (answer.type === "opaqueredirect" || answer.headers.has("HX-Redirect")) {
      document.dispatchEvent(new CustomEvent("chengguan:signed-out"));
      return false;
    }
    if (!answer.ok) return false;
    const found = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = (place.id && found.getElementById(place.id)) || found.body;
    place.replaceChildren(...Array.from(fresh.childNodes));
    for (const id of (place.dataset["refreshAlso"] ?? "").split(" ").filter(Boolean)) renew(id, found);
    place.dataset["refreshSeen"] = answer.headers.get("ETag") ?? "";
    htmx.process(place);
    place.dispatchEvent(new CustomEvent("chengguan:refreshed", { bubbles: true }));
    return true;
  } catch {
    // The network is away; the line says so, and tells when it is back.
    return false;
  }
}

// What stands elsewhere on the page and says the same, as a count in the head.
function renew(id: string, found: Document): void {
  const fresh = found.getElementById(id);
  const old = document.getElementById(id);
  if (fresh && old && !old.contains(document.activeElement)) old.replaceChildren(...Array.from(fresh.childNodes));
}

// Counted anew, and the same came out: only the instant moves ("2026-11-28T10:00:00+00:00 18:00:00").
function sayCounted(place: HTMLElement, counted: string | null): void {
  const [instant, clock] = counted?.split(" ") ?? [];
  if (!instant || !clock) return;
  for (const one of place.querySelectorAll<HTMLTimeElement>("time.counted-at")) {
    one.dateTime = instant;
    one.textContent = `数据截至 ${clock}`;
  }
}
