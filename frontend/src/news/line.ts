// One open stream: reads server-sent events, notices a line that has gone quiet, and comes back by
// itself with the last id it has seen, so that the hub can tell what was missed.

export interface Frame {
  topic: string;
  id: string;
  data: string;
}

export type Say = (frame: Frame) => void;

// The server speaks every 15 s; two beats missed, and the line is dead though nothing said so.
const QUIET_MS = 40_000;
// A machine that slept runs no timers: when they jump, the line is taken for dead unless it spoke just now.
const TICK_MS = 2_000;
const SLEPT_MS = 8_000;
const PAUSES = [1_000, 3_000, 8_000, 20_000, 60_000];

export class Line {
  lastId = "";
  private heardAt = 0;
  private failures = 0;
  private stopped = false;
  private request: AbortController | undefined;
  private wake: (() => void) | undefined;

  constructor(
    private readonly url: string,
    private readonly hear: Say,
    private readonly state: (alive: boolean) => void,
    private readonly finished: (status: number) => void,
  ) {}

  async run(): Promise<void> {
    let ticked = Date.now();
    const watch = setInterval(() => {
      const slept = Date.now() - ticked > SLEPT_MS;
      ticked = Date.now();
      if (slept) this.nudge(TICK_MS);
      else this.check(QUIET_MS);
    }, TICK_MS);
    while (!this.stopped) {
      try {
        await this.once();
      } catch {
        // The stream's process restarts, or the network is away; the page works without it.
        this.failures++;
      }
      this.state(false);
      if (!this.stopped) await this.pause();
    }
    clearInterval(watch);
  }

  stop(): void {
    this.stopped = true;
    this.request?.abort();
    this.wake?.();
  }

  // The machine has slept, or the network is back: what is open may be dead without knowing it.
  nudge(quiet = 20_000): void {
    this.failures = 0;
    this.check(quiet);
    this.wake?.();
  }

  drop(): void {
    this.request?.abort();
  }

  private check(limit: number): void {
    if (this.request && Date.now() - this.heardAt > limit) this.request.abort();
  }

  private async once(): Promise<void> {
    this.request = new AbortController();
    this.heardAt = Date.now();
    const headers: Record<string, string> = { Accept: "text/event-stream" };
    if (this.lastId) headers["Last-Event-ID"] = this.lastId;
    const answer = await fetch(this.url, { credentials: "include", headers, signal: this.request.signal });
    if (answer.status >= 400 && answer.status < 500 && answer.status !== 408 && answer.status !== 429) {
      // No stream is set up here, or this person may not hear it: asking again changes nothing.
      this.stopped = true;
      this.finished(answer.status);
      return;
    }
    if (!answer.ok || !answer.body) throw new Error(String(answer.status));
    this.failures = 0;
    this.state(true);
    await this.read(answer.body);
  }

  private async read(body: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    const reader = body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      this.heardAt = Date.now();
      const frames = (rest + value).split("\n\n");
      rest = frames.pop() ?? "";
      for (const text of frames) this.take(text);
    }
  }

  private take(text: string): void {
    const frame: Frame = { topic: "", id: "", data: "{}" };
    for (const line of text.split("\n")) {
      if (line.startsWith("id: ")) frame.id = line.slice(4);
      else if (line.startsWith("event: ")) frame.topic = line.slice(7);
      else if (line.startsWith("data: ")) frame.data = line.slice(6);
    }
    if (frame.id) this.lastId = frame.id;
    this.hear(frame);
  }

  private pause(): Promise<void> {
    // Never all at once: five hundred come back over a second or more.
    const most = PAUSES[Math.min(this.failures, PAUSES.length - 1)] ?? 60_000;
    const jittered = most * (0.5 + Math.random());
    return new Promise((done) => {
      const timer = setTimeout(done, jittered);
      this.wake = () => {
        clearTimeout(timer);
        setTimeout(done, Math.random() * 400);
      };
    });
  }
}
