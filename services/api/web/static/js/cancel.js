// The question before a scan is stopped. Without scripts the same links lead to a page that asks.

import { api, one, setText } from "./dom.js";

export function askBeforeCancelling() {
  const dialog = one("#cancel-dialog");
  if (!dialog) return;
  const refused = one("[data-error]", dialog);
  let wanted = null;
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-cancel]");
    if (!link || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    wanted = link.dataset.cancel;
    const shown = one(`[data-task="${CSS.escape(wanted)}"][data-name]`);
    const found = one('[data-slot="invoices"]', shown)?.textContent ?? "0";
    setText(one("#cancel-title"), `Cancel the scan of ${shown.dataset.name}?`);
    const noun = found === "1" ? "invoice found so far stays" : "invoices found so far stay";
    const kept = found === "0" ? "" : `The ${found} ${noun}. `;
    setText(one("#cancel-text"), `${kept}You can scan again at any time.`);
    refused.hidden = true;
    dialog.returnValue = "keep";
    dialog.showModal();
  });
  dialog.addEventListener("close", async () => {
    if (dialog.returnValue !== "cancel") return;
    try {
      await api("POST", `/v1/scans/${wanted}/cancel`);
    } catch (problem) {
      setText(refused, problem.code === "scan_ended" ? "This scan has already ended." : problem.message);
      refused.hidden = false;
      dialog.returnValue = "keep";
      dialog.showModal();
    }
  });
}
