// Builds the page assets into var/assets (never committed); Django finds them by manifest.json.
// Every file directly in frontend/src named *.ts is an entry; folders hold what entries share.
import { readdirSync } from "node:fs";
import { defineConfig } from "vite";

const entries = readdirSync("frontend/src")
  .filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
  .map((name) => `frontend/src/${name}`);

export default defineConfig({
  root: "frontend",
  base: "/static/",
  // MapLibre starts its worker as a module.
  worker: { format: "es" },
  build: {
    outDir: "../var/assets",
    emptyOutDir: true,
    manifest: "manifest.json",
    target: "es2022",
    // No inlined data: addresses, which a strict content security policy would refuse.
    assetsInlineLimit: 0,
    // MapLibre and ECharts are large by nature and only loaded where used.
    chunkSizeWarningLimit: 2000,
    rolldownOptions: { input: entries, checks: { bundlerTimings: false } },
  },
});
