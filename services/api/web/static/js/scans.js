// The list of scans: rows follow the stream; running ones can be selected and cancelled together.

import { all, count, one, refresh, setText } from "./dom.js";
import { live } from "./live.js";
import { askBeforeCancelling } from "./cancel.js";
import { watchScans } from "./painter.js";

watchScans({ onChange: (element) => refresh([element.id]) });
live.addEventListener("fresh", () => refresh(all("tr[data-task]").map((row) => row.id)));
askBeforeCancelling();

const form = one("[data-bulk]");
if (form) {
  const bar = one("[data-bulk-bar]", form);
  const every = one("[data-bulk-all]", form);
  const boxes = () => all('input[name="task_id"]', form);
  const show = () => {
    const chosen = boxes().filter((box) => box.checked).length;
    const active = Number(form.dataset.active);
    const takesAll = form.elements.all.value === "on";
    bar.hidden = chosen === 0;
    setText(one("[data-bulk-count]", form), takesAll ? `All ${count(active)} selected.` : `${count(chosen)} selected.`);
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
  one("[data-bulk-clear]", form).addEventListener("click", () => {
    for (const box of boxes()) box.checked = false;
    form.elements.all.value = "";
    show();
  });
}
