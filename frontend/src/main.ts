// Every page: the look, htmx, and the few behaviours the shell needs.
import "@tabler/core/dist/css/tabler.min.css";
import "./tokens.css";
import "./look/shell.css";
import "./look/parts.css";
import "./look/case.css";
import "./look/dispatch.css";
import "./look/requests.css";
import "./look/map.css";
import "./look/whatif.css";
import "./look/figures.css";
import "./look/roster.css";
import "./look/intake.css";
import "./look/wall.css";
import "./look/leader.css";
import "./look/desk.css";
import "./look/orders.css";
import "htmx.org";
import { startAreas } from "./shell/areas";
import { startLive } from "./shell/live";
import { startRefreshing } from "./shell/refresh";
import { startPreviews } from "./shell/previews";
import { startShell } from "./shell/start";

startShell();
startPreviews();
startAreas();
startLive();
startRefreshing();
