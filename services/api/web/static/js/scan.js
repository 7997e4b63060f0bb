// Scan page: numbers, speed of the last minute, invoices as they are found, and the ledger.

import { findAll, find, refresh, setText } from "./dom.js";
import { live } from "./live.js";
import { confirmCancel } from "./cancel.js";
import { watchScans } from "./painter.js";

const hero = find("[data-whole]");
const taskId = hero.dataset.task;
const samples = [];
const SECONDS = 60;
let shownFound = Number(find('[data-of]').textContent.replaceAll(",", ""));
let found = shownFound;

function drawSpeed() {
  const picture = find("[data-spark]");
  if (!picture || samples.length < 2) return;
  const end = samples.at(-1).at;
  const most = Math.max(...samples.map(({ speed }) => speed), 1);
  const points = samples.map(({ at, speed }) => [320 - ((end - at) / SECONDS / 1000) * 320, 58 - (speed / most) * 54]);
  const line = points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L");
  find(".line", picture).setAttribute("d", `M${line}`);
  find(".area", picture).setAttribute("d", `M${points[0][0].toFixed(1)} 60L${line}L320 60Z`);
  picture.setAttribute("aria-label", `Speed of the last minute: now ${Math.round(samples.at(-1).speed)} messages a second`);
}

function offerNew() {
  const button = find("[data-show-new]");
  if (!button) return;
  const fresh = found - shownFound;
  button.hidden = fresh <= 0;
  setText(button, `Show ${fresh} new`);
}

async function showFound() {
  const before = new Set(findAll("[data-invoice]").map((row) => row.dataset.invoice));
  await refresh(["found-rows", "ledger-filters"]);
  for (const row of findAll("[data-invoice]")) row.classList.toggle("fresh", !before.has(row.dataset.invoice));
  shownFound = found;
  offerNew();
}

watchScans({
  onPaint: (task, state, pace) => {
    if (task.task_id !== taskId) return;
    found = task.invoices_found;
    // The first invoices appear without a click, because nothing below them can move.
    if (shownFound === 0 && found > 0) showFound();
    else offerNew();
    const speed = pace.perSecond();
    if (state === "scanning" && speed !== null) {
      const at = performance.now();
      samples.push({ at, speed });
      while (samples[0].at < at - SECONDS * 1000) samples.shift();
      drawSpeed();
    }
  },
  onChange: (element, task, state) => {
    const over = ["done", "failed", "cancelled"].includes(state);
    refresh(["scan-head", hero.id, "history", ...(over ? ["found", "ledger"] : [])]);
  },
});
live.addEventListener("fresh", () => refresh(["scan-head", hero.id, "history", "found", "ledger"]));
confirmCancel();
document.addEventListener("click", (event) => event.target.closest("[data-show-new]") && showFound());

setInterval(() => {
  const place = find("[data-since]");
  if (!place) return;
  const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(place.dataset.since)) / 1000));
  const two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  setText(place, hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`);
}, 1000);
