// Overview: rows and cards follow the event stream; files can be dropped anywhere; ended scans refresh the numbers.

import { findAll, find, refresh } from "./dom.js";
import { live } from "./live.js";
import { confirmCancel } from "./cancel.js";
import { replace, watchScans } from "./painter.js";
import { watchDrops } from "./upload.js";

const NUMBERS = ["latest", "month", "distribution"];
let due = 0;
let pending = new Set();

// Several scans often end together: one request serves them all. A region under the pointer waits until it leaves.
function refreshSoon(...ids) {
  for (const id of ids) pending.add(id);
  clearTimeout(due);
  due = setTimeout(async () => {
    const calm = [...pending].filter((id) => !document.getElementById(id)?.matches(":hover"));
    pending = new Set([...pending].filter((id) => !calm.includes(id)));
    await refresh(calm);
    if (pending.size) refreshSoon();
  }, 400);
}

watchScans({
  onChange: (element, task, state) => {
    if (["done", "failed", "cancelled"].includes(state)) refreshSoon(...NUMBERS);
  },
  onUnknown: (task) => {
    const card = find(`[data-mailbox="${CSS.escape(task.account_id ?? "")}"]`);
    // The stream starts with the latest scan of each mailbox, most of which ended long ago.
    if (card?.dataset.known === task.task_id) return;
    if (card) replace(card);
    else if (!find(".first-drop")) return;
    refreshSoon("running", ...NUMBERS);
  },
});
confirmCancel();
const drops = watchDrops(find("[data-drop]"), () => location.assign("/"));
for (const link of findAll("[data-upload]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    drops.choose();
  });
}
live.addEventListener("fresh", () => {
  refreshSoon("running", ...NUMBERS);
  findAll("[data-mailbox]").forEach(replace);
});
