// The desk put together: what a click, a key and an answer of the server do.
import { startClock } from "./clock";
import { drop, fillIn, flush, settle, startDrafts } from "./drafts";
import { type Actions, startKeys } from "./keys";
import { refreshCase, refreshRows, startNews } from "./news";
import { desk, linkOf, openedNumber, pane, query, rowOf, rows, say, verbForm } from "./page";
import { choose, chooseAll, forgetUnseen, more, move, noteBox, put, reload, restore, stand, standingRow, unchoose } from "./rows";

const OPEN_PAUSE = 180;
let opening = 0;

export function startDesk(): void {
  if (!desk()) return;
  startClock();
  startDrafts();
  startNews();
  startKeys(actions);
  document.addEventListener("click", onClick);
  document.addEventListener("htmx:after:settle", (event) => after(event.target as Element));
  document.addEventListener("htmx:before:request", (event) => {
    // Its own sending settles a form; any other may take it off the page.
    if ((event.target as Element).matches("form[data-draft]")) settle();
    else flush();
  });
  document.addEventListener("desk:case", (event) => showCase((event as CustomEvent<Document>).detail));
  restore();
  prepareCase();
}

const actions: Actions = {
  next: () => step(1),
  previous: () => step(-1),
  first: () => step(-10_000),
  last: () => step(10_000),
  open: () => linkOf(standingRow())?.click(),
  back: () => back(),
  refresh: () => void reload().then((done) => say(done ? "列表已刷新" : "没有刷新，请稍后再试")),
  verb: (_key, verbs) => takeVerb(verbs),
  pick: (key) => pick(key),
  select: () => choose(standingRow()),
  range: () => choose(standingRow(), true),
  all: () => chooseAll(),
  bulk: () => document.querySelector<HTMLElement>("#bulk-bar button")?.focus(),
  search: () => focusOn<HTMLInputElement>("#desk-words")?.select(),
  filters: () => {
    const more = document.querySelector<HTMLDetailsElement>("details.desk-more");
    if (more) more.open = true;
    more?.querySelector<HTMLElement>("select, input")?.focus();
  },
  submit: () => ((document.activeElement?.closest("form") as HTMLFormElement | null) ?? verbForm())?.requestSubmit(),
  queue: (key) => document.querySelector<HTMLElement>(`[data-queue="${key.slice(2)}"]`)?.click(),
  go: (key) => window.location.assign(key === "g h" ? "/" : "/cases/"),
  help: () => document.querySelector<HTMLDialogElement>("#keys-help")?.showModal(),
};

function focusOn<T extends HTMLElement>(selector: string): T | null {
  const found = document.querySelector<T>(selector);
  found?.focus();
  return found;
}

// With a case open, the next one opens as it is reached; not each of ten that are run through.
function step(by: number): void {
  const row = move(by);
  window.clearTimeout(opening);
  if (row && openedNumber() && row.dataset["row"] !== openedNumber()) opening = window.setTimeout(() => linkOf(row)?.click(), OPEN_PAUSE);
}

function takeVerb(verbs: string[]): void {
  if (!openedNumber()) return say("请先打开一件案件");
  for (const verb of verbs) {
    if (verbForm()?.dataset["formOf"] === verb) return focusForm();
    const offer = document.querySelector<HTMLElement>(`#pane a[data-verb="${verb}"]`);
    if (offer) return offer.click();
  }
  say("这一步没有这个动作");
}

// A figure chooses what is proposed: the matter of a filing, the unit of a dispatch.
function pick(key: string): void {
  const choice = document.querySelector<HTMLInputElement>(`#pane [data-pick="${key}"]`);
  if (!choice) return say("没有第几项推荐可选");
  const folded = choice.closest("details");
  if (folded) folded.open = true;
  choice.checked = true;
  choice.dispatchEvent(new Event("change", { bubbles: true }));
  choice.focus();
}

// Where the words name a place and the case has none, a press puts it into the form.
function putPoint(button: HTMLElement): void {
  const field = verbForm()?.querySelector<HTMLInputElement>('[name="point"]');
  if (!field) return;
  field.value = button.dataset["point"] ?? "";
  const folded = field.closest("details");
  if (folded) folded.open = true;
  field.dispatchEvent(new Event("change", { bubbles: true }));
  field.focus();
}

function focusForm(): void {
  const form = verbForm();
  const fields = Array.from(form?.querySelectorAll<HTMLElement>("input:not([type=hidden]), select, textarea") ?? []);
  const seen = fields.filter((one) => one.offsetParent !== null && !one.closest("details:not([open])"));
  const empty = seen.find((one) => one.matches(":invalid") || one.matches("[type=radio]:checked"));
  (empty ?? seen.find((one) => !one.matches("[type=file]")) ?? form?.querySelector<HTMLElement>("button[type=submit]"))?.focus();
  form?.scrollIntoView({ block: "nearest" });
}

function back(): void {
  const form = verbForm();
  const help = document.querySelector<HTMLDialogElement>("dialog[open]");
  if (help) return help.close();
  const said = document.getElementById("desk-said");
  if (form?.contains(document.activeElement)) {
    flush();
    return stand(rowOf(openedNumber()) ?? standingRow());
  }
  if (document.activeElement?.matches("#desk-filters input, #desk-filters select, #bulk-form *")) return stand(standingRow());
  if (said?.childElementCount) said.replaceChildren();
  closeCase();
}

function closeCase(): void {
  const number = openedNumber();
  const box = pane();
  if (!number || !box) return;
  flush();
  const url = desk()?.dataset["url"] ?? "/desk/";
  const asked = query().toString();
  window.history.pushState({ htmx: true }, "", `${url}?${asked || "clear=1"}`);
  const nothing = document.createElement("div");
  nothing.className = "desk-nothing";
  nothing.textContent = "从列表打开一件案件，它会显示在这里，列表不动。";
  box.replaceChildren(nothing);
  desk()?.classList.remove("has-case");
  setOpened("");
  restore();
  stand(rowOf(number) ?? standingRow());
}

function setOpened(number: string): void {
  const field = document.querySelector<HTMLInputElement>('#desk-filters [name="opened"]');
  if (field) field.value = number;
}

function onClick(event: MouseEvent): void {
  const target = event.target as HTMLElement;
  const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
  const box = target.closest<HTMLInputElement>('#list input[name="case"]');
  if (box) return noteBox(box, event.shiftKey);
  if (target.closest("[data-more]") && plain) {
    event.preventDefault();
    return void more();
  }
  if (target.closest("[data-close]") && plain) {
    event.preventDefault();
    return closeCase();
  }
  if (target.closest("[data-help]")) return document.querySelector<HTMLDialogElement>("#keys-help")?.showModal();
  if (target.closest("[data-hush]")) return document.getElementById("desk-said")?.replaceChildren();
  if (target.closest("[data-unselect]")) return unchoose();
  if (target.closest("[data-refresh-case]")) return void refreshCase(true);
  const placed = target.closest<HTMLElement>("[data-point]");
  if (placed) return putPoint(placed);
  const dropped = target.closest("[data-drop-draft]")?.closest("form");
  if (dropped) return void drop(dropped).then(() => document.querySelector<HTMLElement>(`#pane a[data-verb="${dropped.dataset["formOf"]}"]`)?.click());
  const row = target.closest<HTMLTableRowElement>("#list tr[data-row]");
  if (!row) return;
  if (target.closest("a[data-open]")) return stand(row);
  // The whole row opens, save where text is being marked.
  if (!window.getSelection()?.toString() && !target.closest("a, button, input")) linkOf(row)?.click();
}

function after(target: Element): void {
  if (target.id === "pane") return caseOpened();
  if (target.id === "list") {
    const state = document.querySelector<HTMLInputElement>('#desk-filters [name="state"]');
    if (state) state.value = document.getElementById("queues")?.dataset["state"] ?? "";
    forgetUnseen();
    say(`${document.getElementById("queues")?.dataset["total"] ?? 0} 件`);
  }
  if (target.id === "verb-form") {
    fillIn();
    markVerb();
    focusForm();
  }
  if (target.id === "bulk-fields") target.querySelector<HTMLElement>("input, select, textarea, button")?.focus();
  if (target.id === "bulk-bar") bulkDone();
  if (target.id === "desk-said") done();
  if (target.id === "verb-refusal") refused(target);
}

function caseOpened(): void {
  settle();
  desk()?.classList.add("has-case");
  const number = openedNumber();
  setOpened(number);
  document.title = document.title.replace(/^(\d{19} · )?/, number ? `${number} · ` : "");
  restore();
  const row = rowOf(number);
  if (row) stand(row, !pane()?.contains(document.activeElement));
  const box = pane();
  if (box) {
    box.scrollTop = 0;
    // On a phone the whole page scrolls: the next case begins at its top, not where the last form was.
    if (getComputedStyle(box).overflowY === "visible") window.scrollTo({ top: 0 });
  }
  prepareCase();
  const what = document.querySelector("#pane h2")?.firstChild?.textContent ?? "";
  say(`已打开 ${what}`);
}

function prepareCase(): void {
  fillIn();
  markVerb();
  const box = document.querySelector<HTMLElement>("#pane [data-place]");
  const source = box && document.getElementById(box.dataset["place"] ?? "");
  if (box && source) {
    const place = JSON.parse(source.textContent ?? "{}") as never;
    void import("./place").then(({ showPlace }) => box.isConnected && showPlace(box, place));
  }
}

function markVerb(): void {
  const shown = verbForm()?.dataset["formOf"];
  for (const one of document.querySelectorAll("#pane a[data-verb]")) {
    if (one.getAttribute("data-verb") === shown) one.setAttribute("aria-current", "true");
    else one.removeAttribute("aria-current");
  }
}

function showCase(part: Document): void {
  const box = pane();
  if (!box) return;
  const top = box.scrollTop;
  put(box, part.body.childNodes);
  settle();
  prepareCase();
  box.scrollTop = top;
  restore();
}

// A verb is done: the row is asked after, and the next case opens where this one stood.
function done(): void {
  const said = document.querySelector<HTMLElement>("#desk-said [data-done]");
  const number = said?.dataset["done"];
  if (!said || !number) return;
  settle();
  const all = rows();
  const at = all.findIndex((row) => row.dataset["row"] === number);
  const next = (all[at + 1] ?? all[at - 1])?.dataset["row"] ?? "";
  const wasOpen = openedNumber() === number;
  void refreshRows([number]).then(() => {
    if (!wasOpen) return;
    if (rowOf(number) || said.dataset["undone"] !== undefined) return void refreshCase(true);
    const link = linkOf(rowOf(next));
    if (link) link.click();
    else closeCase();
  });
}

// Another was faster: his row is asked after; where the verb may still be done, it is on what is now.
function refused(target: Element): void {
  const raced = target.querySelector<HTMLElement>("[data-raced]");
  const number = raced?.dataset["raced"];
  if (!raced || !number) return;
  const seq = verbForm()?.querySelector<HTMLInputElement>('[name="seq"]');
  if (seq && raced.dataset["seqNow"]) seq.value = raced.dataset["seqNow"];
  void refreshRows([number]);
}

function bulkDone(): void {
  const results = Array.from(document.querySelectorAll<HTMLElement>("#bulk-bar [data-result]"));
  if (!results.length) return;
  const finished = results.filter((one) => one.dataset["outcome"] === "done").map((one) => one.dataset["result"] ?? "");
  unchoose(finished);
  void refreshRows(results.map((one) => one.dataset["result"] ?? ""));
  say(document.querySelector("#bulk-bar [data-results] p")?.textContent ?? "");
}
