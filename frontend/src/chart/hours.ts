// How many people are busy at each hour of the day, in both plans.
import { token, tooltip, words } from "./palette";

export interface Hours {
  kind: "hours";
  names: [string, string];
  base: number[];
  other: number[];
}

export function hours(config: Hours): object {
  const text = words();
  const line = (name: string, data: number[], colour: string, type: string) => ({
    type: "line",
    name,
    data,
    step: "middle",
    showSymbol: false,
    color: colour,
    lineStyle: { width: 2, type },
  });
  return {
    grid: { left: 40, right: 12, top: 34, bottom: 24 },
    legend: { top: 0, left: 0, icon: "rect", itemWidth: 14, itemHeight: 3, textStyle: { ...text, width: 110, overflow: "truncate" } },
    tooltip: { ...tooltip(), trigger: "axis" },
    xAxis: {
      type: "category",
      data: config.base.map((_, hour) => `${hour} 时`),
      axisLabel: { ...text, interval: 5 },
      axisTick: { show: false },
      axisLine: { lineStyle: { color: token("line") } },
    },
    yAxis: { type: "value", splitNumber: 3, axisLabel: text, splitLine: { lineStyle: { color: token("line-2") } } },
    series: [
      line(config.names[0], config.base, token("ink-3"), "dashed"),
      line(config.names[1], config.other, token("accent"), "solid"),
    ],
  };
}
