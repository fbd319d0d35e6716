// What others do appears by itself: only rows that are shown, gathered for a moment, and never
// under a person's hands. The stream itself belongs to the shell, which says `chengguan:news`.
import { isTouched } from "./drafts";
import { desk, fetchPart, openedNumber, query, rowOf, say } from "./page";
import { applyChanges, reload } from "./rows";

const GATHER = 300;
const JITTER = 600;
const MANY = 60;
const SLEPT = 60_000;
const changed = new Set<string>();
let waiting = 0;
let whole = false;
let lastBeat = Date.now();
let missed = false;

export function startNews(): void {
  document.addEventListener("chengguan:news", (event) => {
    const { topic, number, payload } = event.detail;
    if (topic.startsWith("case.") && number) {
      if (!concerns(number, payload)) return;
      changed.add(number);
    }
    // "back": the line was lost, and what was said meanwhile isn't said again.
    else if (topic === "reload" || topic === "back" || topic.startsWith("case")) whole = true;
    else return;
    soon();
  });
  window.addEventListener("online", () => catchUp());
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && missed) catchUp();
  });
  // A machine that slept runs no timers: the gap shows when it wakes.
  window.setInterval(() => {
    if (Date.now() - lastBeat > SLEPT) catchUp();
    lastBeat = Date.now();
  }, 15_000);
}

// Most of what happens in a city neither comes to this desk nor leaves it: a case that is not shown,
// and stood in no state that waits here, before nor after, isn't asked about. Queues without a state
// (`data-states` empty) ask about all.
function concerns(number: string, payload: Record<string, unknown>): boolean {
  const waiting = desk()?.dataset["states"] ?? "";
  if (!waiting || !("state" in payload) || number === openedNumber() || rowOf(number)) return true;
  const states = waiting.split(" ");
  return [payload["from"], payload["state"]].some((one) => typeof one === "string" && states.includes(one));
}

function catchUp(): void {
  whole = true;
  soon();
}

function soon(): void {
  if (!desk()) return;
  if (document.hidden) {
    // Nobody looks: fetched once when somebody does.
    missed = true;
    return;
  }
  if (waiting) return;
  waiting = window.setTimeout(() => void look(), GATHER + Math.random() * JITTER);
}

async function look(): Promise<void> {
  waiting = 0;
  missed = false;
  const numbers = [...changed];
  const all = whole || numbers.length > MANY;
  changed.clear();
  whole = false;
  if (all) await reload(true);
  else await refreshRows(numbers, true);
  const opened = openedNumber();
  if (opened && (all || numbers.includes(opened))) await refreshCase();
}

// Asks after rows by number: those of the list, and those that may have come to it.
export async function refreshRows(numbers: string[], background = false): Promise<void> {
  const url = desk()?.dataset["changes"];
  if (!url || !numbers.length) return;
  const asked = query();
  for (const number of numbers) asked.append("case", number);
  asked.set("opened", openedNumber());
  const hadNone = !document.querySelector("#list tbody#rows");
  const part = await fetchPart(url, asked, background);
  if (!part) return;
  const came = Array.from(part.querySelectorAll<HTMLElement>("tr[data-row]")).filter((row) => !rowOf(row.dataset["row"] ?? "")).length;
  if (hadNone && came) {
    await reload(background);
    return;
  }
  applyChanges(part, numbers);
  if (came) say(`新到 ${came} 件`);
}

// The open case: shown anew where nothing is being typed, else only said.
export async function refreshCase(force = false): Promise<void> {
  const number = openedNumber();
  const url = desk()?.dataset["url"];
  if (!number || !url) return;
  const part = await fetchPart(`${url}${number}/`, query(), !force);
  const now = part?.querySelector<HTMLElement>("[data-case]");
  const old = document.querySelector<HTMLElement>("#pane [data-case]");
  if (!part || !now || !old || openedNumber() !== number) return;
  if (now.dataset["seq"] === old.dataset["seq"]) return;
  if (!force && (isTouched() || typing(old))) return announce(part);
  document.dispatchEvent(new CustomEvent("desk:case", { detail: part }));
}

const typing = (box: Element): boolean =>
  box.contains(document.activeElement) && (document.activeElement?.matches("input, textarea, select") ?? false);

function announce(part: Document): void {
  const box = document.getElementById("case-changed");
  if (!box) return;
  const last = part.querySelector(".timeline > li .timeline-line");
  const who = last?.querySelector(".timeline-who")?.textContent?.split("·")[0]?.trim() ?? "";
  const what = last?.querySelector("strong")?.textContent ?? "";
  const said = box.querySelector("span");
  if (said) said.textContent = `本案刚有变化：${who} ${what}。您填写的内容没有动。`;
  box.hidden = false;
}
