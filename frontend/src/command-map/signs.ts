// The map's drawn signs: a ring split by lights for a cell of cases, a triangle for a camera.
import type { ExpressionSpecification, Map as MapLibre } from "maplibre-gl";
import { token } from "../map/style";

const RATIO = 2;
const SIDE = 44;
const VEHICLE = 20;
const PARTS = 8;

function share(name: string): ExpressionSpecification {
  const count: ExpressionSpecification = ["coalesce", ["get", name], 0];
  // One overdue case among a thousand is still seen.
  return ["max", ["min", 1, count], ["round", ["*", PARTS, ["/", count, ["get", "n"]]]]];
}

export const RING: ExpressionSpecification = [
  "concat", "ring/", ["to-string", share("red")], "/", ["to-string", share("yellow")], "/", ["to-string", share("green")], "/",
  ["to-string", share("none")],
];

export function startSigns(map: MapLibre): void {
  map.addImage("camera", triangle(), { pixelRatio: RATIO });
  map.addImage("vehicle", vehicle(false), { pixelRatio: RATIO });
  map.addImage("vehicle-stale", vehicle(true), { pixelRatio: RATIO });
  map.setMissingStyleImageResolver((id) => {
    if (!id.startsWith("ring/") || map.hasImage(id)) return;
    map.addImage(id, ring(id.slice(5).split("/").map(Number)), { pixelRatio: RATIO });
  });
}

function canvas(side: number): CanvasRenderingContext2D {
  const made = document.createElement("canvas");
  made.width = made.height = side * RATIO;
  const context = made.getContext("2d");
  if (!context) throw new Error("no canvas");
  context.scale(RATIO, RATIO);
  return context;
}

function vehicle(hollow: boolean): ImageData {
  const context = canvas(VEHICLE);
  const colour = token("map-vehicles");
  context.fillStyle = hollow ? "#ffffff" : colour;
  context.strokeStyle = hollow ? colour : "#ffffff";
  context.lineWidth = hollow ? 2 : 1.5;
  context.beginPath();
  context.roundRect(1.5, 1.5, VEHICLE - 3, VEHICLE - 3, 4);
  context.fill();
  context.stroke();
  context.fillStyle = hollow ? colour : "#ffffff";
  context.font = "12px sans-serif";
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText("车", VEHICLE / 2, VEHICLE / 2 + 0.5);
  return context.getImageData(0, 0, VEHICLE * RATIO, VEHICLE * RATIO);
}

function ring(parts: number[]): ImageData {
  const context = canvas(SIDE);
  const colours = ["overdue", "map-soon", "map-calm", "map-none"].map(token);
  const whole = parts.reduce((sum, part) => sum + part, 0) || 1;
  const middle = SIDE / 2;
  context.fillStyle = "#ffffff";
  context.beginPath();
  context.arc(middle, middle, middle - 1, 0, 2 * Math.PI);
  context.fill();
  context.lineWidth = 5;
  let from = -Math.PI / 2;
  for (const [index, part] of parts.entries()) {
    if (!part) continue;
    const to = from + (2 * Math.PI * part) / whole;
    context.strokeStyle = colours[index] ?? "#000000";
    context.beginPath();
    context.arc(middle, middle, middle - 4, from, to);
    context.stroke();
    from = to;
  }
  return context.getImageData(0, 0, SIDE * RATIO, SIDE * RATIO);
}

function triangle(): ImageData {
  const context = canvas(22);
  context.fillStyle = token("map-camera");
  context.strokeStyle = "#ffffff";
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(11, 1.5);
  context.lineTo(19, 19);
  context.lineTo(11, 15);
  context.lineTo(3, 19);
  context.closePath();
  context.fill();
  context.stroke();
  return context.getImageData(0, 0, 22 * RATIO, 22 * RATIO);
}
