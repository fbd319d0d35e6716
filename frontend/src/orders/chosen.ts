// Says how many recipients are chosen while they are being chosen.
export function startChosen(): void {
  const place = document.querySelector<HTMLElement>("[data-chosen]");
  const form = place?.closest("form");
  if (!place || !form) return;
  const count = () => {
    const units = form.querySelectorAll('input[name="unit"]:checked').length;
    const people = form.querySelectorAll('input[name="person"]:checked').length;
    place.textContent = `已选 ${units} 个单位、${people} 人`;
  };
  form.addEventListener("change", count);
  count();
}
