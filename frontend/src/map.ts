// Loaded by pages with a map; MapLibre is large and comes only here.
import { startMaps } from "./map/start";

startMaps();
