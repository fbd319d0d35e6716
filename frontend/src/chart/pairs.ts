// One line a seed, from the base's figure to the other plan's: green where it got better.
import { token, tooltip, words } from "./palette";

export interface Pairs {
  kind: "pairs";
  rows: [number, number, number][];
  unit: string;
  good: number;
  names: [string, string];
}

export function pairs(config: Pairs): object {
  const text = words();
  return {
    grid: { left: 64, right: 28, top: 30, bottom: 34 },
    tooltip: {
      ...tooltip(),
      formatter: ({ seriesIndex }: { seriesIndex: number }) => {
        const row = config.rows[seriesIndex];
        return row ? `种子 ${row[0]}\n${row[1]} → ${row[2]} ${config.unit}` : "";
      },
    },
    xAxis: {
      type: "category",
      data: config.names,
      axisTick: { show: false },
      axisLabel: { ...text, interval: 0, width: 150, overflow: "truncate" },
      axisLine: { lineStyle: { color: token("line") } },
    },
    yAxis: {
      type: "value",
      scale: true,
      name: config.unit,
      nameTextStyle: text,
      axisLabel: text,
      splitLine: { lineStyle: { color: token("line-2") } },
    },
    series: config.rows.map(([, base, other]) => ({
      type: "line",
      data: [base, other],
      symbolSize: 6,
      symbol: "circle",
      triggerLineEvent: true,
      lineStyle: { width: 1.5 },
      color: colourOf((other - base) * config.good, config.good),
    })),
  };
}

function colourOf(gain: number, good: number): string {
  if (good === 0) return token("accent");
  if (gain === 0) return token("ink-3");
  return token(gain > 0 ? "calm" : "attention");
}
