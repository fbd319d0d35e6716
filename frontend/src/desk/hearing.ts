// Hears the stream for the desk until the shell says `chengguan:news` to every page by itself:
// then this file goes, with its one call in start.ts.

const PAUSES = [2_000, 5_000, 15_000, 60_000];

interface News {
  payload?: { number?: string };
}

export function startHearing(): void {
  const url = document.querySelector<HTMLMetaElement>('meta[name="chengguan-stream"]')?.content;
  if (url) void listen(url);
}

async function listen(url: string): Promise<void> {
  for (let failures = 0; ; failures++) {
    try {
      const answer = await fetch(url, { credentials: "include", headers: { Accept: "text/event-stream" } });
      // No stream is set up here, or this person may not hear it.
      if (answer.status >= 400 && answer.status < 500) return;
      if (answer.ok && answer.body) {
        if (failures) tell("reload");
        failures = 0;
        await read(answer.body);
      }
    } catch {
      // The stream's process restarts, or the network is away; the page works without it.
    }
    await new Promise((done) => setTimeout(done, PAUSES[Math.min(failures, PAUSES.length - 1)]));
  }
}

async function read(body: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const frames = (rest + value).split("\n\n");
    rest = frames.pop() ?? "";
    for (const frame of frames) pass(frame);
  }
}

function pass(frame: string): void {
  const lines = frame.split("\n");
  const topic = lines.find((line) => line.startsWith("event: "))?.slice(7) ?? "";
  if (topic !== "reload" && !topic.startsWith("case.")) return;
  const data = lines.find((line) => line.startsWith("data: "))?.slice(6) ?? "{}";
  tell(topic, (JSON.parse(data) as News).payload?.number);
}

function tell(topic: string, number?: string): void {
  document.dispatchEvent(new CustomEvent("chengguan:news", { detail: { topic, number } }));
}
