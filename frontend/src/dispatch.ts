// The dispatcher's queue by keyboard.
import { startQueue } from "./dispatch/queue";

startQueue();
