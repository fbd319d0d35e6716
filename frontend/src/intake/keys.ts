// Keys of a call: hands stay on the keyboard while the caller speaks.

export function startKeys(form: HTMLFormElement): void {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter" && event.ctrlKey) {
      event.preventDefault();
      form.requestSubmit(form.querySelector<HTMLButtonElement>("[data-main]"));
      return;
    }
    const digit = /^(?:Digit|Numpad)([0-9])$/.exec(event.code)?.[1];
    if (digit === undefined || event.ctrlKey || event.metaKey) return;
    // In a field a digit is a digit; with Alt it picks from anywhere.
    if (!event.altKey && (event.target as Element).matches("input:not([type=radio]), textarea, select")) return;
    if (pick(form, digit)) event.preventDefault();
  });
}

function pick(form: HTMLFormElement, digit: string): boolean {
  if (digit === "0") {
    const place = form.querySelector<HTMLElement>("[data-place]");
    place?.click();
    return place !== null;
  }
  const choice = form.querySelector<HTMLInputElement>(`[data-pick="${digit}"]`);
  if (!choice) return false;
  choice.checked = true;
  choice.dispatchEvent(new Event("change", { bubbles: true }));
  return true;
}
