// Part of a page marked `data-order` or `data-programme` asks again when the stream says that it has
// changed; many changes at once are one question. Details a person has opened stay open.
const GATHER = 400;
const PAUSES = [2_000, 5_000, 15_000, 60_000];

export function startReceipts(): void {
  const place = document.querySelector<HTMLElement>("[data-order], [data-programme]");
  const url = document.querySelector<HTMLMetaElement>('meta[name="chengguan-stream"]')?.content;
  if (!place || !url) return;
  void listen(url, place);
}

async function listen(url: string, place: HTMLElement): Promise<void> {
  for (let failures = 0; ; failures++) {
    try {
      const answer = await fetch(url, { credentials: "include", headers: { Accept: "text/event-stream" } });
      if (answer.status >= 400) return;
      if (answer.body) {
        // What happened while the line was away was not heard.
        if (failures > 0) ask(place);
        failures = 0;
        await read(answer.body, place);
      }
    } catch {
      // The stream's process restarts, or the network is away; the page asks each minute anyway.
    }
    await new Promise((done) => setTimeout(done, PAUSES[Math.min(failures, PAUSES.length - 1)]));
  }
}

async function read(body: ReadableStream<Uint8Array<ArrayBuffer>>, place: HTMLElement): Promise<void> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let waiting = false;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const frames = (rest + value).split("\n\n");
    rest = frames.pop() ?? "";
    if (waiting || !frames.some((frame) => concerns(frame, place))) continue;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      ask(place);
    }, GATHER);
  }
}

function concerns(frame: string, place: HTMLElement): boolean {
  const lines = frame.split("\n");
  const topic = lines.find((line) => line.startsWith("event: "))?.slice(7) ?? "";
  if (topic === "reload") return true;
  const wanted = place.dataset["order"] ? "order" : "programme";
  if (!topic.startsWith(`${wanted}.`)) return false;
  const data = lines.find((line) => line.startsWith("data: "))?.slice(6) ?? "{}";
  const news = JSON.parse(data) as { subject?: number; payload?: Record<string, unknown> };
  const number = String(news.payload?.[wanted] ?? news.subject ?? "");
  return number === place.dataset[wanted];
}

function ask(place: HTMLElement): void {
  // Nothing is changed under a person's hands.
  if (place.contains(document.activeElement) && document.activeElement?.matches("input, select, textarea")) return;
  place.dispatchEvent(new CustomEvent(place.dataset["order"] ? "order-changed" : "programme-changed"));
}
