// Choosing a point: a click sets a pin and the fields `lon` and `lat` of the page; typing them moves it.
import { type Map as MapLibre, Marker } from "maplibre-gl";
import { token } from "./style";

export function startPicking(map: MapLibre, box: HTMLElement): void {
  const lon = document.querySelector<HTMLInputElement>('input[name="lon"]');
  const lat = document.querySelector<HTMLInputElement>('input[name="lat"]');
  if (!lon || !lat) return;
  box.dataset["picking"] = "1";
  map.getCanvas().style.cursor = "crosshair";
  const pin = new Marker({ color: token("map-here") });
  const show = () => {
    const [x, y] = [Number.parseFloat(lon.value), Number.parseFloat(lat.value)];
    if (!Number.isFinite(x) || !Number.isFinite(y) || Math.abs(x) > 180 || Math.abs(y) > 90) return false;
    pin.setLngLat([x, y]).addTo(map);
    return true;
  };
  map.on("click", (event) => {
    lon.value = event.lngLat.lng.toFixed(6);
    lat.value = event.lngLat.lat.toFixed(6);
    show();
    lon.dispatchEvent(new Event("change", { bubbles: true }));
  });
  for (const field of [lon, lat]) {
    field.addEventListener("input", () => {
      if (show()) map.easeTo({ center: pin.getLngLat() });
    });
  }
  if (show()) map.jumpTo({ center: pin.getLngLat(), zoom: 15 });
}
