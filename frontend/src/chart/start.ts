// Every `[data-chart]` on the page becomes a chart; what it shows is the JSON script it names.
// Canvas and rich text only: the content security policy refuses style attributes in markup.
import { CustomChart, LineChart } from "echarts/charts";
import { GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { init, use, type ECharts, type EChartsCoreOption } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { differences, heightOf, type Differences } from "./differences";
import { hours, type Hours } from "./hours";
import { pairs, type Pairs } from "./pairs";

use([CustomChart, LineChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

type Config = Differences | Pairs | Hours;

export function startCharts(): void {
  for (const box of document.querySelectorAll<HTMLElement>("[data-chart]")) startChart(box);
}

function startChart(box: HTMLElement): void {
  const source = document.getElementById(box.dataset["chart"] ?? "");
  const config = JSON.parse(source?.textContent ?? "null") as Config | null;
  if (!config) return;
  if (config.kind === "differences") box.style.height = `${heightOf(config)}px`;
  const chart = init(box);
  const draw = () => chart.setOption(optionOf(config, box.clientWidth), true);
  draw();
  if (config.kind === "differences") open(chart, config);
  new ResizeObserver(() => {
    chart.resize();
    draw();
  }).observe(box);
  box.dataset["ready"] = "1";
}

function optionOf(config: Config, width: number): EChartsCoreOption {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const whole = { animation: !still, animationDuration: 250, aria: { enabled: false } };
  if (config.kind === "differences") return { ...whole, ...differences(config, width) };
  return { ...whole, ...(config.kind === "pairs" ? pairs(config) : hours(config)) };
}

function open(chart: ECharts, config: Differences): void {
  chart.on("click", ({ dataIndex }) => {
    const row = config.rows[dataIndex ?? -1];
    if (row) location.assign(row.url);
  });
}
