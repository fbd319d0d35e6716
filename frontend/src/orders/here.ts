// "Arrived" may carry the place, once, where the person ticks it; nothing is asked otherwise.
export function startHere(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-arrive]");
  const box = form?.querySelector<HTMLInputElement>("[data-here]");
  if (!form || !box || !("geolocation" in navigator)) {
    box?.closest("label")?.remove();
    return;
  }
  form.addEventListener("submit", (event) => {
    const lon = form.querySelector<HTMLInputElement>('[name="lon"]');
    const lat = form.querySelector<HTMLInputElement>('[name="lat"]');
    if (!box.checked || !lon || !lat || lon.value) return;
    event.preventDefault();
    navigator.geolocation.getCurrentPosition(
      (found) => {
        lon.value = found.coords.longitude.toFixed(6);
        lat.value = found.coords.latitude.toFixed(6);
        form.submit();
      },
      () => {
        box.checked = false;
        form.submit();
      },
      { enableHighAccuracy: true, timeout: 8_000, maximumAge: 30_000 },
    );
  });
}
