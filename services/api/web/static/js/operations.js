// Operations: numbers are read again while somebody looks, and nothing is dropped without a question.

import { one, refresh } from "./dom.js";

const PARTS = ["top", "letters", "distribution", "queues"];
const EVERY_MS = 10_000;

setInterval(() => {
  const busy = document.hidden || one("dialog[open]") || one("#letters")?.contains(document.activeElement);
  if (!busy) refresh(PARTS);
}, EVERY_MS);

const dialog = one("[data-drop-dialog]");
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-drop]");
  if (!button) return;
  dialog.querySelector("[name=id]").value = button.dataset.drop;
  dialog.returnValue = "";
  dialog.showModal();
});
one("[data-keep]", dialog).addEventListener("click", () => dialog.close());
