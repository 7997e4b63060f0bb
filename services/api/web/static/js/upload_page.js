// Upload page: opens the scan when it has started.

import { find } from "./dom.js";
import { watchDrops } from "./upload.js";

watchDrops(find("[data-drop]"), (task) => location.assign(`/scans/${task.task_id}`));
