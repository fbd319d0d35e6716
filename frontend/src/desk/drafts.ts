// What is typed into a verb's form is sent to be kept while it is typed, and filled in again.
import { token, verbForm } from "./page";

const PAUSE = 700;
let waiting = 0;
let dirty: HTMLFormElement | null = null;

export function startDrafts(): void {
  for (const name of ["input", "change"]) {
    document.addEventListener(name, (event) => {
      const form = (event.target as Element).closest<HTMLFormElement>("#pane form[data-draft]");
      if (!form || (event.target as HTMLInputElement).type === "file") return;
      dirty = form;
      window.clearTimeout(waiting);
      waiting = window.setTimeout(() => void keep(form), PAUSE);
    });
  }
  // Leaving by any way: a closed page, another case, another tab.
  window.addEventListener("pagehide", () => flush());
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) flush();
  });
}

export const isTouched = (): boolean => dirty !== null && dirty.isConnected;

export function flush(): void {
  if (!dirty) return;
  window.clearTimeout(waiting);
  void keep(dirty, true);
  dirty = null;
}

// The verb is done: what was typed for it is no draft any more.
export function settle(): void {
  window.clearTimeout(waiting);
  dirty = null;
}

async function keep(form: HTMLFormElement, leaving = false): Promise<void> {
  const url = form.dataset["draft"];
  if (!url) return;
  const body = new FormData(form);
  for (const [name, value] of [...body]) if (typeof value !== "string") body.delete(name);
  try {
    const answer = await fetch(url, {
      method: "POST",
      body,
      credentials: "same-origin",
      keepalive: leaving,
      headers: { "X-CSRFToken": token(), "HX-Request": "true", Accept: "application/json" },
    });
    if (answer.redirected || answer.status === 403) note(form, "草稿没有保存：登录已过期，请另开页面登录后再继续");
    else if (answer.ok) note(form, ((await answer.json()) as { kept: boolean }).kept ? "草稿已存" : "");
    else note(form, "草稿没有保存");
  } catch {
    note(form, "草稿没有保存：网络不通，恢复后继续填写即会保存");
  }
}

function note(form: HTMLFormElement, text: string): void {
  const place = form.querySelector<HTMLElement>("[data-kept]");
  if (place) place.textContent = text;
}

export async function drop(form: HTMLFormElement): Promise<void> {
  settle();
  const url = form.dataset["draft"];
  if (!url) return;
  const body = new FormData();
  body.set("drop", "1");
  await fetch(url, { method: "POST", body, credentials: "same-origin", headers: { "X-CSRFToken": token() } });
}

// One name may be a table's choice and a list's: of what was kept a list takes what it has.
function choose(field: HTMLSelectElement, values: string[]): void {
  for (const option of field.options) option.selected = values.includes(option.value) && (option.value !== "" || values.length === 1);
}

export function fillIn(): void {
  const form = verbForm();
  const source = form?.querySelector("#draft-typed");
  if (!form || !source) return;
  const typed = JSON.parse(source.textContent ?? "{}") as Record<string, string[]>;
  for (const [name, values] of Object.entries(typed)) {
    const fields = Array.from(form.elements).filter((one) => (one as HTMLInputElement).name === name) as (HTMLInputElement | HTMLSelectElement)[];
    for (const field of fields) {
      if (field.type === "file" || field.type === "hidden") continue;
      if (field.type === "checkbox" || field.type === "radio") field.checked = values.includes(field.value);
      else if (field instanceof HTMLSelectElement) choose(field, values);
      else field.value = values[0] ?? "";
      const more = field.closest("details");
      if (more && field.value && field.type !== "radio") more.open = true;
    }
  }
  source.remove();
}
