// A page that comes back with something wrong begins there: the first wrong field, else what is said above.

const FIELD = '[aria-invalid="true"]:not([type=hidden]), .field-wrong :is(input:not([type=hidden]), select, textarea)';

export function startAtWhatIsWrong(): void {
  const main = document.getElementById("main");
  const field = main?.querySelector<HTMLElement>(FIELD);
  const said = main?.querySelector<HTMLElement>('.note-refuse[role="alert"]');
  const first = field ?? said;
  if (!first) return;
  // Folded away, a wrong field can't be seen, nor take the focus.
  for (let fold = first.closest("details"); fold; fold = fold.parentElement?.closest("details") ?? null) fold.open = true;
  if (first === said) first.tabIndex = -1;
  first.focus();
}

// A part that was refused: the button is disabled while htmx asks and loses the focus, so it is led to the fault.
export function startAtRefusals(): void {
  document.addEventListener("htmx:after:swap", (event) => {
    const source = (event as CustomEvent<{ ctx?: { sourceElement?: Element } }>).detail.ctx?.sourceElement;
    const said = [...document.querySelectorAll<HTMLElement>(".note-refuse[data-status]:not([data-led])")].pop();
    if (!said) return;
    said.dataset.led = "";
    const form = source?.closest("form");
    for (const wrong of form?.querySelectorAll("[aria-invalid]") ?? []) wrong.removeAttribute("aria-invalid");
    for (const old of form?.querySelectorAll("[data-said-here]") ?? []) old.remove();
    const field = said.dataset.field && form?.querySelector<HTMLElement>(`[name="${CSS.escape(said.dataset.field)}"]:not([type=hidden])`);
    if (field) {
      field.setAttribute("aria-invalid", "true");
      sayBeside(field, said.textContent.trim());
      for (let fold = field.closest("details"); fold; fold = fold.parentElement?.closest("details") ?? null) fold.open = true;
      field.focus();
    } else if (document.activeElement === document.body) {
      said.tabIndex = -1;
      said.focus();
    }
  });
}

// The sentence stands above the form; on a phone the field may be two screens below it.
function sayBeside(field: HTMLElement, sentence: string): void {
  const list = document.createElement("ul");
  list.className = "errorlist";
  list.dataset.saidHere = "";
  list.append(document.createElement("li"));
  list.firstElementChild!.textContent = sentence;
  (field.closest(".field") ?? field).append(list);
}
