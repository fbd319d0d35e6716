// The way to an area beside its field: the page that chooses it opens as a panel here. Arrow keys go
// up and down, right into an area, left out of it, Escape back to where one was.

const PANEL = "area-panel";

export function startAreas(): void {
  // Before the shell and the desk, which close popovers and have keys of their own.
  document.addEventListener("click", onClick, true);
  document.addEventListener("keydown", onKey, true);
}

function onClick(event: MouseEvent): void {
  const target = event.target as Element;
  const panel = document.getElementById(PANEL);
  const opener = target.closest<HTMLAnchorElement>("a[data-area-pick]");
  if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (opener) {
    event.preventDefault();
    const again = panel?.dataset.field === opener.dataset.areaPick;
    close(panel, false);
    if (!again) void open(opener);
  } else if (panel?.contains(target)) {
    follow(event, panel, target);
  } else {
    close(panel, false);
  }
}

function follow(event: Event, panel: HTMLElement, target: Element): void {
  const into = target.closest<HTMLElement>("[data-into]");
  const choose = target.closest<HTMLElement>("[data-choose]");
  if (!into && !choose) return;
  event.preventDefault();
  event.stopPropagation();
  if (into) void show(panel, into.dataset.into ?? "");
  else if (choose) pick(panel, choose.dataset.choose ?? "");
}

async function open(opener: HTMLAnchorElement): Promise<void> {
  const panel = document.createElement("div");
  panel.id = PANEL;
  panel.className = "popover area-panel";
  panel.tabIndex = -1;
  panel.setAttribute("role", "dialog");
  panel.setAttribute("aria-label", "选择区域");
  panel.dataset.field = opener.dataset.areaPick;
  panel.dataset.from = opener.dataset.panel;
  opener.after(panel);
  opener.setAttribute("aria-expanded", "true");
  const typed = fieldOf(panel)?.value.trim() ?? "";
  await show(panel, /^[0-9]{2,15}$/.test(typed) ? typed : "");
}

async function show(panel: HTMLElement, at: string): Promise<void> {
  const url = `${panel.dataset.from ?? ""}?at=${encodeURIComponent(at)}`;
  try {
    const answer = await fetch(url, { headers: { "HX-Request": "true" } });
    if (!answer.ok) throw new Error(String(answer.status));
    panel.innerHTML = await answer.text();
  } catch {
    panel.innerHTML = '<p class="help">区域没有读到，请稍后再试，或直接填写名称。</p>';
  }
  const first = panel.querySelector<HTMLElement>("[aria-current]") ?? panel.querySelector<HTMLElement>(".area-inside a");
  (first ?? panel).focus();
}

function pick(panel: HTMLElement, code: string): void {
  const field = fieldOf(panel);
  close(panel, false);
  if (!field) return;
  field.value = code;
  field.focus();
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

function onKey(event: KeyboardEvent): void {
  const panel = document.getElementById(PANEL);
  const here = document.activeElement;
  if (!panel || !here || !panel.contains(here)) return;
  const row = here.closest("li");
  const moves: Record<string, () => void> = {
    ArrowDown: () => focusRow(panel, row?.nextElementSibling ?? (row ? null : panel.querySelector(".area-inside li"))),
    ArrowUp: () => focusRow(panel, row?.previousElementSibling),
    ArrowRight: () => row?.querySelector<HTMLElement>("[data-into]")?.click(),
    ArrowLeft: () => [...panel.querySelectorAll<HTMLElement>(".area-above [data-into]")].at(-1)?.click(),
    Escape: () => close(panel, true),
  };
  const move = moves[event.key];
  if (!move) return;
  event.preventDefault();
  event.stopPropagation();
  move();
}

function focusRow(panel: HTMLElement, row: Element | null | undefined): void {
  if (row && panel.contains(row)) row.querySelector<HTMLElement>(".area-name")?.focus();
}

function close(panel: HTMLElement | null, back: boolean): void {
  const opener = panel?.previousElementSibling as HTMLElement | null | undefined;
  panel?.remove();
  opener?.removeAttribute("aria-expanded");
  if (back) opener?.focus();
}

function fieldOf(panel: HTMLElement): HTMLInputElement | null {
  return document.getElementById(panel.dataset.field ?? "") as HTMLInputElement | null;
}
