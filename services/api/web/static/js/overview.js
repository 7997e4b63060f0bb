// The overview: rows and cards follow the stream, files are dropped anywhere, what a scan has changed is read again.

import { all, one, refresh } from "./dom.js";
import { live } from "./live.js";
import { askBeforeCancelling } from "./cancel.js";
import { replace, watchScans } from "./painter.js";
import { watchDrops } from "./upload.js";

const NUMBERS = ["latest", "month", "distribution"];
let due = 0;
let wanted = new Set();

// Several scans often end at once: one look serves them all. What the pointer is on stays until it has left.
function readAgain(...ids) {
  for (const id of ids) wanted.add(id);
  clearTimeout(due);
  due = setTimeout(async () => {
    const calm = [...wanted].filter((id) => !document.getElementById(id)?.matches(":hover"));
    wanted = new Set([...wanted].filter((id) => !calm.includes(id)));
    await refresh(calm);
    if (wanted.size) readAgain();
  }, 400);
}

watchScans({
  onChange: (element, task, state) => {
    if (["done", "failed", "cancelled"].includes(state)) readAgain(...NUMBERS);
  },
  onUnknown: (task) => {
    const card = one(`[data-mailbox="${CSS.escape(task.account_id ?? "")}"]`);
    // The stream begins with the newest scan of each mailbox, most of which have ended long ago.
    if (card?.dataset.known === task.task_id) return;
    if (card) replace(card);
    else if (!one(".first-drop")) return;
    readAgain("running", ...NUMBERS);
  },
});
askBeforeCancelling();
const drops = watchDrops(one("[data-drop]"), () => location.assign("/"));
for (const link of all("[data-upload]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    drops.choose();
  });
}
live.addEventListener("fresh", () => {
  readAgain("running", ...NUMBERS);
  all("[data-mailbox]").forEach(replace);
});
