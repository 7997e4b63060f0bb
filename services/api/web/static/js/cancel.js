// Confirmation before a scan is cancelled. Without scripts, the same links lead to a confirmation page.

import { api, find, setText } from "./dom.js";

export function confirmCancel() {
  const dialog = find("#cancel-dialog");
  if (!dialog) return;
  const error = find("[data-error]", dialog);
  let taskId = null;
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-cancel]");
    if (!link || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    taskId = link.dataset.cancel;
    const shown = find(`[data-task="${CSS.escape(taskId)}"][data-name]`);
    const found = find('[data-slot="invoices"]', shown)?.textContent ?? "0";
    setText(find("#cancel-title"), `Cancel the scan of ${shown.dataset.name}?`);
    const noun = found === "1" ? "invoice found so far stays" : "invoices found so far stay";
    const kept = found === "0" ? "" : `The ${found} ${noun}. `;
    setText(find("#cancel-text"), `${kept}You can scan again at any time.`);
    error.hidden = true;
    dialog.returnValue = "keep";
    dialog.showModal();
  });
  dialog.addEventListener("close", async () => {
    if (dialog.returnValue !== "cancel") return;
    try {
      await api("POST", `/v1/scans/${taskId}/cancel`);
    } catch (problem) {
      setText(error, problem.code === "scan_ended" ? "This scan has already ended." : problem.message);
      error.hidden = false;
      dialog.returnValue = "keep";
      dialog.showModal();
    }
  });
}
