// j and k move, o opens beside the list, x ticks, a ticks all or none. Never while somebody types.

export function startQueue(): void {
  document.addEventListener("keydown", onKey);
  document.addEventListener("change", onChange);
  document.addEventListener("click", (event) => {
    const row = (event.target as Element).closest<HTMLElement>("[data-row]");
    if (row) select(row, false);
  });
}

function onKey(event: KeyboardEvent): void {
  const target = event.target as Element;
  if (event.ctrlKey || event.metaKey || event.altKey || target.closest("select, textarea, input:not([type=checkbox])")) return;
  const rows = [...document.querySelectorAll<HTMLElement>("[data-row]")];
  if (!rows.length) return;
  const at = rows.findIndex((row) => row.classList.contains("here"));
  const here = rows[at];
  if (event.key === "j") select(rows[Math.min(at + 1, rows.length - 1)], true);
  else if (event.key === "k") select(rows[Math.max(at - 1, 0)], true);
  else if (event.key === "o" && here) here.querySelector<HTMLElement>("[data-open]")?.click();
  else if (event.key === "x" && here) here.querySelector<HTMLInputElement>("input[type=checkbox]")?.click();
  else if (event.key === "a") document.querySelector<HTMLInputElement>("[data-all]")?.click();
  else return;
  event.preventDefault();
}

function select(row: HTMLElement | undefined, focus: boolean): void {
  if (!row) return;
  for (const one of document.querySelectorAll("[data-row].here")) one.classList.remove("here");
  row.classList.add("here");
  if (!focus) return;
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function onChange(event: Event): void {
  const all = event.target as HTMLInputElement;
  const name = all.dataset?.["all"];
  if (!name) return;
  for (const one of document.querySelectorAll<HTMLInputElement>(`input[type=checkbox][name="${name}"]`)) one.checked = all.checked;
}
