// One stream for all tabs of a person: the tab that holds the lock listens and tells the others.
// Without locks (a page that is not served securely) each tab has a stream of its own.
import { Line, type Frame } from "./line";

interface Told {
  frame?: Frame;
  alive?: boolean;
  finished?: number;
  /** A tab that has just opened asks how the line is. */
  asks?: boolean;
}

export interface Ears {
  hear: (frame: Frame) => void;
  state: (alive: boolean) => void;
}

// A tab that listens says so at every beat; silent for so long, it sleeps and another takes over.
const SILENT_MS = 50_000;

export function share(url: string, who: string, ears: Ears): void {
  const name = `chengguan-news-${who}`;
  if (!("locks" in navigator) || !("BroadcastChannel" in window)) {
    listen(url, "", ears);
    return;
  }
  const channel = new BroadcastChannel(name);
  let lastId = "";
  let heardAt = Date.now();
  let own = false;
  let over = false;
  let alive: boolean | undefined;
  const lead = (steal: boolean): void => {
    void navigator.locks
      .request(name, { steal }, () => {
        own = true;
        const line = listen(url, lastId, {
          hear: (frame) => {
            if (frame.id) lastId = frame.id;
            channel.postMessage({ frame } satisfies Told);
            if (frame.topic) ears.hear(frame);
          },
          state: (now) => {
            alive = now;
            channel.postMessage({ alive: now } satisfies Told);
            ears.state(now);
          },
        }, (status) => {
          over = true;
          channel.postMessage({ finished: status } satisfies Told);
        });
        return line.ended;
      })
      // Taken over by another tab while this one slept.
      .catch(() => {
        own = false;
        current?.stop();
        if (!over) lead(false);
      });
  };
  channel.addEventListener("message", ({ data }: MessageEvent<Told>) => {
    if (data.asks) {
      if (own && alive !== undefined) channel.postMessage({ alive } satisfies Told);
      return;
    }
    heardAt = Date.now();
    if (data.frame?.id) lastId = data.frame.id;
    if (data.frame?.topic) ears.hear(data.frame);
    if (data.alive !== undefined) ears.state(data.alive);
    if (data.finished !== undefined) over = true;
  });
  setInterval(() => {
    const silent = Date.now() - heardAt > SILENT_MS;
    if (!own && !over && silent && document.visibilityState === "visible") {
      heardAt = Date.now();
      lead(true);
    }
  }, 5_000);
  channel.postMessage({ asks: true } satisfies Told);
  lead(false);
}

let current: Line | undefined;

function listen(url: string, lastId: string, ears: Ears, finished: (status: number) => void = () => {}): { ended: Promise<void> } {
  const line = new Line(url, ears.hear, ears.state, finished);
  line.lastId = lastId;
  current = line;
  const nudge = () => line.nudge();
  const seen = () => {
    if (document.visibilityState === "visible") line.nudge();
  };
  window.addEventListener("online", nudge);
  window.addEventListener("pageshow", nudge);
  const offline = () => line.drop();
  window.addEventListener("offline", offline);
  document.addEventListener("visibilitychange", seen);
  const ended = line.run().finally(() => {
    window.removeEventListener("online", nudge);
    window.removeEventListener("pageshow", nudge);
    window.removeEventListener("offline", offline);
    document.removeEventListener("visibilitychange", seen);
  });
  return { ended };
}
