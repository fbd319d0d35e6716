// The list under a person's hands: where he stands, what he has chosen, and rows that change.
import { desk, fetchPart, linkOf, openedNumber, query, rowOf, rows, rowsBody, say } from "./page";

let standing = "";
let lastChosen = "";
const chosen = new Set<string>();

export const standingRow = (): HTMLTableRowElement | null => rowOf(standing) ?? rowOf(openedNumber());

// Exactly one row's link is reached by Tab; j and k move it.
export function stand(row: HTMLTableRowElement | null, focus = true): void {
  if (!row) return;
  standing = row.dataset["row"] ?? "";
  for (const one of rows()) {
    const here = one === row;
    one.classList.toggle("standing", here);
    const link = linkOf(one);
    if (link) link.tabIndex = here ? 0 : -1;
    const box = boxOf(one);
    if (box) box.tabIndex = here ? 0 : -1;
  }
  if (focus) {
    linkOf(row)?.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }
}

export function move(step: number): HTMLTableRowElement | null {
  const all = rows();
  if (!all.length) return null;
  const at = all.findIndex((row) => row === standingRow());
  const to = at < 0 ? 0 : Math.max(0, Math.min(all.length - 1, at + step));
  if (to === at && step > 0) more();
  const row = all[to] ?? null;
  stand(row);
  return row;
}

export function choose(row: HTMLTableRowElement | null, whole = false): void {
  if (!row) return;
  const number = row.dataset["row"] ?? "";
  const all = rows();
  if (whole && lastChosen && rowOf(lastChosen)) {
    const [a, b] = [all.findIndex((one) => one.dataset["row"] === lastChosen), all.indexOf(row)];
    for (const one of all.slice(Math.min(a, b), Math.max(a, b) + 1)) mark(one, true);
  } else {
    mark(row, !chosen.has(number));
  }
  lastChosen = number;
  choiceChanged();
}

export function chooseAll(): void {
  const all = rows();
  const none = all.every((row) => chosen.has(row.dataset["row"] ?? ""));
  for (const row of all) mark(row, !none);
  choiceChanged();
}

export function unchoose(numbers?: string[]): void {
  for (const number of numbers ?? [...chosen]) {
    chosen.delete(number);
    const row = rowOf(number);
    if (row) mark(row, false);
  }
  choiceChanged(numbers !== undefined);
}

function mark(row: HTMLTableRowElement, on: boolean): void {
  const number = row.dataset["row"] ?? "";
  if (on) chosen.add(number);
  else chosen.delete(number);
  row.classList.toggle("chosen", on);
  const box = boxOf(row);
  if (box) box.checked = on;
}

const boxOf = (row: Element): HTMLInputElement | null => row.querySelector<HTMLInputElement>('input[name="case"]');

let asking = 0;

// Asks which verbs the chosen cases allow, a moment after the last choice.
function choiceChanged(quietly = false): void {
  const form = document.getElementById("bulk-form");
  if (!form) return;
  say(chosen.size ? `已选 ${chosen.size} 件` : "没有选择");
  window.clearTimeout(asking);
  if (quietly) return;
  form.hidden = chosen.size === 0;
  const bar = document.getElementById("bulk-bar");
  if (!chosen.size) return bar?.replaceChildren();
  asking = window.setTimeout(() => void showChoices(), 200);
}

async function showChoices(): Promise<void> {
  const bar = document.getElementById("bulk-bar");
  const url = desk()?.dataset["bulk"];
  if (!bar || !url || !chosen.size) return;
  const asked = new URLSearchParams();
  for (const number of chosen) asked.append("case", number);
  const part = await fetchPart(url, asked);
  if (part) put(bar, part.body.childNodes);
}

interface Htmx {
  process(element: Element): void;
}

// What is put in by hand must be told to htmx, or its links would be plain links.
export function put(box: Element, nodes: NodeListOf<ChildNode>): void {
  box.replaceChildren(...Array.from(nodes));
  (window as unknown as { htmx?: Htmx }).htmx?.process(box);
}

export function noteBox(box: HTMLInputElement, whole: boolean): void {
  const row = box.closest<HTMLTableRowElement>("tr[data-row]");
  if (!row) return;
  // The browser has turned the box already.
  mark(row, !box.checked);
  choose(row, whole);
}

// Puts changed rows in their places by time left; those asked about that came back no more are gone.
export function applyChanges(part: Document, asked: string[]): void {
  const body = rowsBody();
  const fresh = new Map<string, HTMLTableRowElement>();
  for (const row of part.querySelectorAll<HTMLTableRowElement>("tr[data-row]")) fresh.set(row.dataset["row"] ?? "", row);
  for (const number of asked) {
    const now = fresh.get(number);
    const old = rowOf(number);
    if (!now && old) leave(old);
    else if (now && body) enter(body, now, old);
  }
  const queues = part.getElementById("queues");
  const shown = document.getElementById("queues");
  if (queues && shown) {
    shown.replaceWith(queues);
    (window as unknown as { htmx?: Htmx }).htmx?.process(queues);
  }
  restore();
}

function enter(body: HTMLElement, now: HTMLTableRowElement, old: HTMLTableRowElement | null): void {
  const focused = old?.contains(document.activeElement) ?? false;
  const place = placeOf(now);
  const after = rows().find((row) => row !== old && comesBefore(place, placeOf(row)));
  // Beyond what has been fetched a row would stand at a wrong end.
  if (!after && !old && document.querySelector("[data-more]")) return;
  if (old && old.nextElementSibling === (after ?? null)) old.replaceWith(now);
  else {
    old?.remove();
    body.insertBefore(now, after ?? null);
  }
  (window as unknown as { htmx?: Htmx }).htmx?.process(now);
  if (focused) linkOf(now)?.focus({ preventScroll: true });
}

type Place = [number, number];

function placeOf(row: HTMLElement): Place {
  return [Number(row.dataset["place"] || Number.MAX_SAFE_INTEGER), Number(row.dataset["id"])];
}

const comesBefore = (a: Place, b: Place): boolean => a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);

// A row that has gone to another desk; where the person stands on it, he is put on the next first.
function leave(row: HTMLTableRowElement): void {
  const number = row.dataset["row"] ?? "";
  if (chosen.has(number)) mark(row, false);
  if (number === standing || row.contains(document.activeElement)) {
    const next = (row.nextElementSibling ?? row.previousElementSibling) as HTMLTableRowElement | null;
    const had = row.contains(document.activeElement);
    if (next?.dataset["row"]) stand(next, had);
  }
  row.remove();
}

// After rows came new: the one stood on, those chosen, the one that is open.
export function restore(): void {
  const opened = openedNumber();
  for (const row of rows()) {
    const number = row.dataset["row"] ?? "";
    row.classList.toggle("chosen", chosen.has(number));
    const box = boxOf(row);
    if (box) box.checked = chosen.has(number);
    if (number === opened) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
  const row = rowOf(standing) ?? rowOf(opened) ?? rows()[0] ?? null;
  stand(row, false);
}

// What is chosen and no longer shown is chosen no more: nobody acts on what he can't see.
export function forgetUnseen(): void {
  for (const number of [...chosen]) if (!rowOf(number)) chosen.delete(number);
  restore();
  choiceChanged();
}

export async function more(): Promise<void> {
  const link = document.querySelector<HTMLAnchorElement>("[data-more]");
  const body = rowsBody();
  if (!link || !body || link.getAttribute("aria-disabled") === "true") return;
  link.setAttribute("aria-disabled", "true");
  const [url = "", asked = ""] = (link.dataset["get"] ?? "").split("?");
  const part = await fetchPart(url, new URLSearchParams(asked));
  link.removeAttribute("aria-disabled");
  if (!part) return say("没有取到更多，请稍后再试");
  for (const row of part.querySelectorAll<HTMLTableRowElement>("tr[data-row]")) {
    if (!rowOf(row.dataset["row"] ?? "")) body.append(row);
  }
  const next = part.getElementById("more");
  if (next) document.getElementById("more")?.replaceWith(next);
  (window as unknown as { htmx?: Htmx }).htmx?.process(body);
  restore();
}

// The whole list again, as long as it was: position, choice, focus and scroll stay.
export async function reload(background = false): Promise<boolean> {
  const url = desk()?.dataset["list"];
  const list = document.getElementById("list");
  if (!url || !list) return false;
  const asked = query();
  asked.set("size", String(Math.max(50, Math.min(500, rows().length))));
  asked.set("opened", openedNumber());
  const part = await fetchPart(url, asked, background);
  if (!part) return false;
  const box = document.getElementById("rows-box");
  const [top, focused] = [box?.scrollTop ?? 0, rowsBody()?.contains(document.activeElement) ?? false];
  put(list, part.body.childNodes);
  forgetUnseen();
  const now = document.getElementById("rows-box");
  if (now) now.scrollTop = top;
  if (focused) linkOf(standingRow())?.focus({ preventScroll: true });
  return true;
}
