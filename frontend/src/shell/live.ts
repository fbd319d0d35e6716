// The live stream: a page marked `data-live` says when what it shows has changed; it never
// changes under a person's hands. `data-live="<case number>"` listens to one case alone.

interface News {
  topic?: string;
  payload?: { number?: string };
}

const PAUSES = [2_000, 5_000, 15_000, 60_000];

export function startLive(): void {
  const place = document.querySelector<HTMLElement>("[data-live]");
  const url = document.querySelector<HTMLMetaElement>('meta[name="chengguan-stream"]')?.content;
  if (place && url) void listen(url, place.dataset["live"] ?? "");
}

async function listen(url: string, number: string): Promise<void> {
  for (let failures = 0; failures < 20; failures++) {
    try {
      const answer = await fetch(url, { credentials: "include", headers: { Accept: "text/event-stream" } });
      // No stream is set up here, or this person may not hear it: asking again changes nothing.
      if (answer.status >= 400) return;
      if (answer.body) await read(answer.body, number);
      failures = 0;
    } catch {
      // The stream's process restarts, or the network is away; the page works without it.
    }
    await new Promise((done) => setTimeout(done, PAUSES[Math.min(failures, PAUSES.length - 1)]));
  }
}

async function read(body: ReadableStream<Uint8Array<ArrayBuffer>>, number: string): Promise<void> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const frames = (rest + value).split("\n\n");
    rest = frames.pop() ?? "";
    for (const frame of frames) if (concerns(frame, number)) show();
  }
}

function concerns(frame: string, number: string): boolean {
  const lines = frame.split("\n");
  const topic = lines.find((line) => line.startsWith("event: "))?.slice(7) ?? "";
  if (topic === "reload") return true;
  if (!topic.startsWith("case.")) return false;
  if (!number) return true;
  const data = lines.find((line) => line.startsWith("data: "))?.slice(6) ?? "{}";
  return (JSON.parse(data) as News).payload?.number === number;
}

function show(): void {
  const box = document.getElementById("live");
  if (!box) return;
  const link = box.querySelector("a");
  if (link) link.href = window.location.href;
  box.hidden = false;
}
