// Part of a page marked `data-order` or `data-programme` asks again when the stream says that it has
// changed; many changes at once are one question. Details a person has opened stay open.
import type { News } from "../shell/live";

const GATHER = 400;
const JITTER = 400;
const HELD = 1_000;

export function startReceipts(): void {
  const place = document.querySelector<HTMLElement>("[data-order], [data-programme]");
  if (!place) return;
  let waiting = 0;
  const ask = () => {
    waiting = 0;
    // Nothing is changed under a person's hands; it is asked for as soon as they are away.
    if (place.contains(document.activeElement) && document.activeElement?.matches("input, select, textarea")) {
      waiting = window.setTimeout(ask, HELD);
      return;
    }
    place.dispatchEvent(new CustomEvent(place.dataset["order"] ? "order-changed" : "programme-changed"));
  };
  document.addEventListener("chengguan:news", ({ detail }) => {
    if (!waiting && concerns(detail, place)) waiting = window.setTimeout(ask, GATHER + Math.random() * JITTER);
  });
}

function concerns(news: News, place: HTMLElement): boolean {
  if (news.topic === "reload" || news.topic === "back") return true;
  const wanted = place.dataset["order"] ? "order" : "programme";
  if (!news.topic.startsWith(`${wanted}.`)) return false;
  return String(news.payload[wanted] ?? news.subject) === place.dataset[wanted];
}
