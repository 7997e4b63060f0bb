// Scan list: rows follow the event stream; running scans can be selected and cancelled together.

import { findAll, count, find, refresh, setText } from "./dom.js";
import { live } from "./live.js";
import { confirmCancel } from "./cancel.js";
import { watchScans } from "./painter.js";

watchScans({ onChange: (element) => refresh([element.id]) });
live.addEventListener("fresh", () => refresh(findAll("tr[data-task]").map((row) => row.id)));
confirmCancel();

const form = find("[data-bulk]");
if (form) {
  const bar = find("[data-bulk-bar]", form);
  const every = find("[data-bulk-all]", form);
  const boxes = () => findAll('input[name="task_id"]', form);
  const show = () => {
    const chosen = boxes().filter((box) => box.checked).length;
    const active = Number(form.dataset.active);
    const takesAll = form.elements.all.value === "on";
    bar.hidden = chosen === 0;
    setText(find("[data-bulk-count]", form), takesAll ? `All ${count(active)} selected.` : `${count(chosen)} selected.`);
    setText(every, `Select all ${count(active)} that match`);
    every.hidden = takesAll || chosen >= active;
  };
  form.addEventListener("change", () => {
    form.elements.all.value = "";
    show();
  });
  every.addEventListener("click", () => {
    for (const box of boxes()) box.checked = true;
    form.elements.all.value = "on";
    show();
  });
  find("[data-bulk-clear]", form).addEventListener("click", () => {
    for (const box of boxes()) box.checked = false;
    form.elements.all.value = "";
    show();
  });
}
