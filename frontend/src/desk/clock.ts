// Time goes on between two fetches: the lights and the time left are said again every few seconds.
// The words are those of `ui.clockface`; the machine's clock may be wrong, the server's is not.
import { desk } from "./page";

const EVERY = 10_000;
let ahead = 0;

export function startClock(): void {
  const now = Number(desk()?.dataset["now"]);
  if (now) ahead = now * 1000 - Date.now();
  window.setInterval(tick, EVERY);
}

function tick(): void {
  const now = (Date.now() + ahead) / 1000;
  for (const one of document.querySelectorAll<HTMLElement>("#rows [data-due]")) {
    const [due, warn] = [Number(one.dataset["due"]), Number(one.dataset["warn"])];
    if (!due) continue;
    const light = now > due ? "red" : warn && now > warn ? "yellow" : "green";
    one.className = `light light-${light}`;
    one.textContent = left(due - now);
  }
  for (const one of document.querySelectorAll<HTMLElement>("#rows [data-whole]")) {
    const due = Number(one.dataset["whole"]);
    one.className = now > due ? "late" : "quiet";
    one.textContent = `总${left(due - now)}`;
  }
}

const left = (seconds: number): string => `${seconds < 0 ? "超期" : "剩"}${duration(Math.abs(seconds))}`;

function duration(seconds: number): string {
  const total = Math.floor(seconds);
  const parts: [number, string][] = [
    [Math.floor(total / 86_400), "天"],
    [Math.floor((total % 86_400) / 3_600), "小时"],
    [Math.floor((total % 3_600) / 60), "分"],
  ];
  const said = parts.filter(([number]) => number).slice(0, 2).map(([number, unit]) => `${number}${unit}`);
  return said.length ? said.join("") : total ? `${total}秒` : "0分";
}
