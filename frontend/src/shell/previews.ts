// Chosen photos are shown before they are sent, so that a wrong one is seen in time.

export function startPreviews(): void {
  document.addEventListener("change", (event) => {
    const input = event.target as HTMLInputElement;
    if (input.matches("input[type=file][data-preview]")) show(input);
  });
}

function show(input: HTMLInputElement): void {
  const box = document.getElementById(input.dataset["preview"] ?? "");
  if (!box) return;
  box.replaceChildren(
    ...Array.from(input.files ?? []).map((file) => {
      const figure = document.createElement("figure");
      const caption = document.createElement("figcaption");
      caption.textContent = `${file.name}（${Math.ceil(file.size / 1024)} KB）`;
      if (file.type.startsWith("image/")) {
        const image = document.createElement("img");
        image.src = URL.createObjectURL(file);
        image.alt = "";
        image.addEventListener("load", () => URL.revokeObjectURL(image.src));
        figure.append(image);
      }
      figure.append(caption);
      return figure;
    }),
  );
}
