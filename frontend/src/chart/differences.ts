// One row a figure: its difference in percent of the base as a dot, the 95 % interval as a line.
import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemParams } from "echarts";
import { token, tooltip, verdictColour, words } from "./palette";

export interface Difference {
  title: string;
  mean: number;
  low: number;
  high: number;
  verdict: string;
  said: string;
  url: string;
}

export interface Differences {
  kind: "differences";
  rows: Difference[];
}

const ROW = 26;
const DOT = 5;

export function heightOf(config: Differences): number {
  return config.rows.length * ROW + 56;
}

export function differences(config: Differences, width: number): object {
  const narrow = width < 520;
  const text = words();
  const most = Math.max(1, ...config.rows.flatMap((row) => [Math.abs(row.low), Math.abs(row.high)]));
  const { half, step } = axis(most);
  return {
    grid: { left: narrow ? 120 : 206, right: narrow ? 14 : 30, top: 8, bottom: 40 },
    tooltip: {
      ...tooltip(),
      formatter: ({ dataIndex }: { dataIndex: number }) => {
        const row = config.rows[dataIndex];
        return row ? `${row.title}\n${row.said}` : "";
      },
    },
    xAxis: {
      type: "value",
      min: -half,
      max: half,
      interval: narrow ? half : step,
      axisLabel: { ...text, formatter: (value: number) => percent(value) },
      splitLine: { lineStyle: { color: token("line-2") } },
    },
    yAxis: {
      type: "category",
      inverse: true,
      data: config.rows.map((row) => row.title),
      axisTick: { show: false },
      axisLine: { show: true, onZero: true, lineStyle: { color: token("ink-3") } },
      axisLabel: { ...text, interval: 0, width: narrow ? 112 : 196, overflow: "truncate" },
    },
    series: [
      {
        type: "custom",
        cursor: "pointer",
        data: config.rows.map((row, place) => [row.mean, place, row.low, row.high]),
        encode: { x: [0, 2, 3], y: 1 },
        renderItem: (params: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) =>
          drawn(config.rows[params.dataIndex], params, api),
      },
    ],
  };
}

function drawn(
  row: Difference | undefined,
  params: CustomSeriesRenderItemParams,
  api: CustomSeriesRenderItemAPI,
): object | undefined {
  if (!row) return undefined;
  const field = params.coordSys as unknown as { x: number; width: number };
  const place = api.value(1);
  const [x = 0, y = 0] = api.coord([row.mean, place]);
  const [left = 0] = api.coord([row.low, place]);
  const [right = 0] = api.coord([row.high, place]);
  const colour = verdictColour(row.verdict);
  const line = (x1: number, y1: number, x2: number, y2: number) => ({
    type: "line",
    shape: { x1, y1, x2, y2 },
    style: { stroke: colour, lineWidth: 1.5 },
  });
  const sure = row.verdict !== "noise" && row.verdict !== "unknown";
  return {
    type: "group",
    children: [
      {
        // The whole row answers the pointer: a dot is small for a finger.
        type: "rect",
        shape: { x: field.x, y: y - ROW / 2, width: field.width, height: ROW },
        style: { fill: "transparent" },
      },
      line(left, y, right, y),
      line(left, y - 3, left, y + 3),
      line(right, y - 3, right, y + 3),
      {
        type: "circle",
        shape: { cx: x, cy: y, r: DOT },
        style: { fill: sure ? colour : token("paper"), stroke: colour, lineWidth: 1.5 },
      },
    ],
  };
}

function percent(value: number): string {
  const sign = value > 0 ? "+" : value < 0 ? "−" : "";
  return `${sign}${Math.round(Math.abs(value) * 100) / 100}%`;
}

/** The half-width of the axis and the distance of its ticks: three or four whole steps a side. */
function axis(most: number): { half: number; step: number } {
  const size = 10 ** Math.floor(Math.log10(most / 3));
  const step = size * ([1, 2, 2.5, 5, 10].find((one) => one * size * 4 >= most * 1.03) ?? 10);
  return { half: Math.ceil((most * 1.03) / step) * step, step };
}
