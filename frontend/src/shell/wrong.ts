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
