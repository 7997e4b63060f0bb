// The page that is nothing but a place to drop files: on to the scan when it has begun.

import { one } from "./dom.js";
import { watchDrops } from "./upload.js";

watchDrops(one("[data-drop]"), (task) => location.assign(`/scans/${task.task_id}`));
