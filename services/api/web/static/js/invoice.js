// Invoice page: a field highlights its evidence and is corrected in place.

import { findAll, find, toast } from "./dom.js";
import { startPaper } from "./paper.js";

const frame = find(".invoice");
const paper = startPaper();
const wide = matchMedia("(min-width: 1101px)");
const PARTS = ["top", "fields", "checks"];

function sides() {
  const bar = find("[data-sides]");
  if (!bar) return;
  bar.hidden = false;
  frame.classList.add("scripted");
  for (const button of findAll("[data-side]", bar)) {
    button.addEventListener("click", () => {
      frame.dataset.shows = button.dataset.side;
      for (const other of findAll("[data-side]", bar)) other.setAttribute("aria-pressed", String(other === button));
    });
  }
}

let lit = "";
function lightRow(row) {
  const name = row?.dataset.field ?? "";
  if (name === lit) return;
  if (lit) paper?.light(lit, false);
  lit = name;
  if (name) paper?.light(name, true, { move: wide.matches });
}

async function put(answer, parts = PARTS) {
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const id of parts) {
    const before = document.getElementById(id);
    const after = fresh.getElementById(id);
    if (before && after) before.replaceWith(after);
  }
}

function nameOf(field) {
  return find(`[data-correct="${field}"]`)?.getAttribute("aria-label").replace("Correct ", "") ?? field;
}

async function openField(link) {
  const field = link.dataset.correct;
  await put(await fetch(link.href), ["fields"]);
  const input = find("#value");
  input?.focus();
  input?.select?.();
  lightRow(document.getElementById(`field-${field}`));
}

async function leaveField(field) {
  await put(await fetch(location.pathname), ["fields"]);
  find(`[data-correct="${field}"]`)?.focus();
}

// Submits one field and shows the response in its place: the new value, or the error.
async function send(form, field, values, undo) {
  let answer;
  try {
    answer = await fetch(form.action, { method: "POST", body: new URLSearchParams(values) });
  } catch {
    const message = Object.assign(document.createElement("p"), { className: "error", textContent: "Mailtally cannot be reached. Nothing was changed: try again." });
    find(".error", form)?.remove();
    message.setAttribute("role", "alert");
    form.append(message);
    return;
  }
  await put(answer);
  if (!answer.ok) {
    find("#value")?.focus();
    return;
  }
  find(`[data-correct="${field}"]`)?.focus();
  const name = nameOf(field);
  const words = name.charAt(0).toUpperCase() + name.slice(1);
  toast(values.found ? `${words} reset to the found value` : `${words} corrected`, undo);
}

function submit(event) {
  const form = event.target;
  const field = form.dataset.edit ?? form.dataset.found;
  if (!field) return;
  event.preventDefault();
  const values = Object.fromEntries(new FormData(form, event.submitter));
  const { was } = form.dataset;
  send(form, field, values, () => send(form, field, was ? { value: was } : { found: "on" }));
}

sides();
document.addEventListener("submit", submit);
document.addEventListener("click", (event) => {
  if (event.metaKey || event.ctrlKey || event.shiftKey) return;
  const link = event.target.closest("a[data-correct]");
  const leave = event.target.closest("a[data-leave]");
  if (!link && !leave) return;
  event.preventDefault();
  if (link) openField(link);
  else leaveField(leave.dataset.leave);
});
document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("[data-edit]");
  if (event.key === "Escape" && form) leaveField(form.dataset.edit);
});
for (const event of ["pointerover", "focusin"]) {
  document.addEventListener(event, ({ target }) => {
    const row = target.closest?.("[data-field]");
    if (row) lightRow(row);
    else if (!target.closest?.("[data-paper]") && event === "pointerover") lightRow(find(".field-row.open"));
  });
}
