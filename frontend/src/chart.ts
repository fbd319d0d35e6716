// Loaded by pages with a chart; ECharts is large and comes only here.
import { startCharts } from "./chart/start";

startCharts();
