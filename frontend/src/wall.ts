// The wall: map, clock, and the sentence about the line.
import { startWall } from "./wall/start";

startWall();
