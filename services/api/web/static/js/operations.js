// Operations page: refreshes numbers while the page is visible, and asks before it drops a message.

import { find, refresh } from "./dom.js";

const PARTS = ["top", "letters", "distribution", "queues"];
const EVERY_MS = 10_000;

setInterval(() => {
  const busy = document.hidden || find("dialog[open]") || find("#letters")?.contains(document.activeElement);
  if (!busy) refresh(PARTS);
}, EVERY_MS);

const dialog = find("[data-drop-dialog]");
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-drop]");
  if (!button) return;
  dialog.querySelector("[name=id]").value = button.dataset.drop;
  dialog.returnValue = "";
  dialog.showModal();
});
find("[data-keep]", dialog).addEventListener("click", () => dialog.close());
