// Loaded by the command map alone: MapLibre with tiles of our own, layers, circle and time.
import { startCommandMap } from "./command-map/start";

startCommandMap();
