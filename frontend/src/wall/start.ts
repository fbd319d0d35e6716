// What moves on a wall for weeks: the clock, the map's circles, the sentence about the line, and a
// quiet reload when a new release is out. Nothing here grows: one timer, one map, two sources.
import { startWallMap } from "./map";

const LOST_MS = 5_000;
const OLD_MS = 90_000;
const DAYS = "日一二三四五六";

export function startWall(): void {
  const board = document.getElementById("wall-board");
  if (!board) return;
  const map = startWallMap();
  let freshAt = Date.now();
  let lostAt = 0;
  board.addEventListener("chengguan:refreshed", () => {
    map?.(readCounts());
  });
  board.addEventListener("chengguan:answered", (event) => {
    freshAt = Date.now();
    reloadIfNew((event as CustomEvent<{ release: string }>).detail.release);
  });
  document.addEventListener("chengguan:line", ({ detail }) => {
    lostAt = detail.alive ? 0 : detail.since;
    sayLine(detail.alive);
  });
  const line = document.documentElement.dataset["line"];
  if (line) sayLine(line === "alive");
  let over = false;
  document.addEventListener("chengguan:signed-out", () => {
    over = true;
    say("本屏的登录或展示授权已结束，数字不再更新。请联系安全管理员。");
  });
  const tick = () => {
    const now = new Date();
    text("wall-clock", `${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}`);
    text("wall-date", `${now.getFullYear()}年${now.getMonth() + 1}月${now.getDate()}日 星期${DAYS[now.getDay()] ?? ""}`);
    if (over) return;
    if (Date.now() - freshAt > OLD_MS) say(`与服务器失去联系，数字停在 ${countedAt()}，正在重连。`);
    else if (lostAt && Date.now() - lostAt > LOST_MS) say(`实时推送中断，改为定时刷新；数字截至 ${countedAt()}。`);
    else say("");
  };
  tick();
  window.setInterval(tick, 1_000);
  map?.(readCounts());
}

function readCounts(): Record<string, [number, number]> {
  const source = document.getElementById("wall-map-data")?.textContent ?? "{}";
  return (JSON.parse(source) as { places?: Record<string, [number, number]> }).places ?? {};
}

function countedAt(): string {
  return document.querySelector(".counted-at")?.textContent?.replace("数据截至 ", "") ?? "";
}

function sayLine(alive: boolean): void {
  const line = document.getElementById("wall-line");
  const words = line?.querySelector("[data-line-words]");
  if (words) words.textContent = alive ? "实时推送正常" : "实时推送中断，正在重连";
}

function say(sentence: string): void {
  const box = document.getElementById("wall-stale");
  if (!box || box.textContent === sentence) return;
  box.textContent = sentence;
  box.hidden = sentence === "";
}

let leaving = false;

// Walls of one city don't all come back in the same second.
function reloadIfNew(release: string): void {
  const own = document.body.dataset["release"] ?? "";
  if (!release || !own || release === own || leaving) return;
  leaving = true;
  window.setTimeout(() => window.location.reload(), 2_000 + Math.random() * 28_000);
}

function text(id: string, words: string): void {
  const place = document.getElementById(id);
  if (place && place.textContent !== words) place.textContent = words;
}

function two(number: number): string {
  return String(number).padStart(2, "0");
}
