// Loaded by the desk alone; the map comes when a case with a place is first opened.
import { startDesk } from "./desk/start";

startDesk();
