// The page of a call: the map, the proposals that follow the words, the keys that pick them.
import { startFollowing } from "./intake/follow";
import { startKeys } from "./intake/keys";
import { startSettling } from "./intake/settling";
import { startMaps } from "./map/start";

const form = document.querySelector<HTMLFormElement>("form[data-intake]");
if (form) {
  startFollowing(form);
  startKeys(form);
  startSettling(form);
}
startMaps();
