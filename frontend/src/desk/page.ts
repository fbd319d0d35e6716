// Where things are on the desk's page. Looked up each time: htmx may have put in a new page.

export const desk = (): HTMLElement | null => document.querySelector<HTMLElement>("[data-desk]");
export const pane = (): HTMLElement | null => document.getElementById("pane");
export const rowsBody = (): HTMLElement | null => document.querySelector<HTMLElement>("#list tbody#rows");
export const openedCase = (): HTMLElement | null => document.querySelector<HTMLElement>("#pane [data-case]");
export const openedNumber = (): string => openedCase()?.dataset["case"] ?? "";
export const verbForm = (): HTMLFormElement | null => document.querySelector<HTMLFormElement>("#pane form[data-form-of]");

export function rows(): HTMLTableRowElement[] {
  return Array.from(document.querySelectorAll<HTMLTableRowElement>("#list tr[data-row]"));
}

export function rowOf(number: string): HTMLTableRowElement | null {
  return document.getElementById(`row-${number}`) as HTMLTableRowElement | null;
}

export function linkOf(row: Element | null): HTMLAnchorElement | null {
  return row?.querySelector<HTMLAnchorElement>("a[data-open]") ?? null;
}

// Said to who listens to the page; the same sentence twice must be a change to be said twice.
export function say(text: string): void {
  const voice = document.getElementById("desk-voice");
  if (voice) voice.textContent = voice.textContent === text ? `${text} ` : text;
}

export function token(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="chengguan-csrf"]')?.content ?? "";
}

// The filters as they stand in the list, not as they are being typed.
export function query(): URLSearchParams {
  const current = document.querySelector<HTMLElement>("#queues");
  const asked = new URLSearchParams(document.querySelector<HTMLElement>("#list table")?.dataset["query"] ?? "");
  if (!asked.size) {
    const form = document.querySelector<HTMLFormElement>("#desk-filters");
    if (form) for (const [name, value] of new FormData(form)) if (value && typeof value === "string") asked.set(name, value);
    asked.delete("keep");
    asked.delete("opened");
  }
  if (current?.dataset["state"]) asked.set("state", current.dataset["state"]);
  return asked;
}

// `background`: the page asks by itself, which is no work of the person's (the idle time-out runs on).
export async function fetchPart(url: string, parameters: URLSearchParams, background = false): Promise<Document | null> {
  try {
    const answer = await fetch(`${url}?${parameters}`, {
      credentials: "same-origin",
      headers: { "HX-Request": "true", "HX-Request-Type": "partial", ...(background ? { "X-Background": "1" } : {}) },
    });
    if (!answer.ok || answer.redirected) return null;
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    return null;
  }
}
