// A press right after a choice waits for what the choice brings: the rules and the unit of another
// matter are still on their way, and what stands on the page belongs to the one before.

const PATIENCE_MS = 3_000;

export function startSettling(form: HTMLFormElement): void {
  const proposals = form.querySelector<HTMLElement>("#proposals");
  if (!proposals) return;
  let steps = 0;
  let asked = 0;
  let sent = 0;
  let settled = 0;
  let waiting: HTMLElement | null = null;
  let patience = 0;

  const ask = () => (asked = ++steps);
  form.addEventListener("change", ask);
  form.addEventListener("input", ({ target }) => {
    if ((target as Element).matches("#id_text, #id_address")) ask();
  });
  form.addEventListener("htmx:before:request", ({ target }) => {
    if (target === proposals) sent = steps;
  });
  form.addEventListener("htmx:after:swap", ({ target }) => {
    if (target === form) return;
    settled = sent;
    if (settled >= asked) go();
  });
  // Before htmx hears of it.
  document.addEventListener(
    "submit",
    (event) => {
      if (event.target !== form || settled >= asked) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (waiting) return;
      waiting = (event as SubmitEvent).submitter ?? form;
      waiting.setAttribute("aria-busy", "true");
      // An answer that doesn't come must not keep the caller's report.
      patience = window.setTimeout(() => {
        settled = asked;
        go();
      }, PATIENCE_MS);
    },
    true,
  );

  function go(): void {
    const pressed = waiting;
    if (!pressed) return;
    waiting = null;
    window.clearTimeout(patience);
    pressed.removeAttribute("aria-busy");
    form.requestSubmit(pressed === form ? undefined : pressed);
  }
}
