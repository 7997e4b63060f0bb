// Keeps everything on the page that shows a scan in step with the stream. Numbers are painted in place; a change of
// state is drawn by the server: the element's part is fetched (data-part), its region is read again (data-region), or
// the page decides (`onChange`).

import { all, announce, clockOf, count, counted, one, setText, timeLeft } from "./dom.js";
import { live } from "./live.js";
import { Pace } from "./pace.js";

const PAINT_MS = 250;
const STALLED_MS = 15_000;
const OVER = new Set(["DONE", "FAILURE", "CANCELLED"]);

const paces = new Map();
const due = new Map();
const paintedAt = new Map();
const heardAt = new Map();
const announced = new Map();
const asked = new WeakMap();
let frame = 0;
let timer = 0;

export function stateOf(task) {
  if (!OVER.has(task.status) && task.cancel_requested_at) return "stopping";
  if (task.status === "PROGRESS") return task.messages_total === null ? "listing" : "scanning";
  return { PENDING: "waiting", DONE: "done", FAILURE: "failed", CANCELLED: "cancelled" }[task.status];
}

// What a scan says of itself, with thousands separated.
const spoken = (text) => text.replace(/\b\d{4,}(?= (?:of \d|messages|invoices))/g, (digits) => count(Number(digits)));

export function watchScans({ onChange = () => {}, onUnknown = () => {}, onPaint = () => {} } = {}) {
  live.addEventListener("task", ({ detail: task }) => {
    const shown = all(`[data-task="${CSS.escape(task.task_id)}"]`);
    if (shown.length === 0) onUnknown(task);
    due.set(task.task_id, task);
    frame ||= requestAnimationFrame(() => paint({ onChange, onPaint }));
  });
  live.addEventListener("state", ({ detail }) => {
    for (const element of all("[data-task]")) showLost(element, detail.state === "lost");
  });
  setInterval(sayStalled, 5000);
}

function paint(handlers) {
  frame = 0;
  const now = performance.now();
  let soonest = Infinity;
  for (const [id, task] of due) {
    const state = stateOf(task);
    const wait = (paintedAt.get(id) ?? -Infinity) + PAINT_MS - now;
    if (wait > 0 && !OVER.has(task.status)) {
      soonest = Math.min(soonest, wait);
      continue;
    }
    due.delete(id);
    paintedAt.set(id, now);
    heardAt.set(id, Date.now());
    const pace = paces.get(id) ?? new Pace();
    paces.set(id, pace);
    if (state === "scanning") pace.observe(now, task.messages_scanned);
    for (const element of all(`[data-task="${CSS.escape(id)}"], [data-of="${CSS.escape(id)}"]`)) {
      if (element.dataset.of) setText(element, count(task.invoices_found));
      else show(element, task, state, pace, handlers);
    }
    handlers.onPaint(task, state, pace);
  }
  clearTimeout(timer);
  if (soonest < Infinity) timer = setTimeout(() => (frame ||= requestAnimationFrame(() => paint(handlers))), soonest);
}

function show(element, task, state, pace, { onChange }) {
  if (Number(element.dataset.version) > task.version) return;
  element.dataset.version = task.version;
  if (element.dataset.state !== state) {
    element.dataset.state = state;
    tell(element, task, state);
    if (element.dataset.part) replace(element);
    onChange(element, task, state);
    return;
  }
  const bar = one("[data-bar]", element);
  // Never back while it runs, whatever order news come in.
  if (bar && state === "scanning" && task.progress >= bar.value) bar.value = Math.min(task.progress, 99.9);
  fill(element, "scanned", count(task.messages_scanned));
  fill(element, "invoices", count(task.invoices_found));
  fill(element, "noun", task.invoices_found === 1 ? "invoice" : "invoices");
  if (task.messages_total !== null) fill(element, "total", count(task.messages_total));
  if (state === "listing" || state === "scanning") fill(element, "current", spoken(task.current_status));
  if (state !== "scanning") return;
  fill(element, "percent", `${task.progress}%`);
  const speed = pace.perSecond();
  if (speed !== null) fill(element, "rate", count(Math.round(speed)));
  const left = pace.secondsLeft(task.messages_total);
  if (left !== null) {
    fill(element, "left", timeLeft(left));
    fill(element, "rest", timeLeft(left).replace(/ left$/, ""));
  }
  tell(element, task, state);
}

function fill(element, slot, text) {
  for (const place of all(`[data-slot="${slot}"]`, element)) setText(place, text);
}

// A part of the page as the server draws it now. Where it was asked for again meanwhile, only the last answer counts.
export async function replace(element) {
  const turn = (asked.get(element) ?? 0) + 1;
  asked.set(element, turn);
  const answer = await fetch(element.dataset.part, { headers: { Accept: "text/html" } });
  if (!answer.ok || !element.isConnected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").body.firstElementChild;
  if (!fresh || asked.get(element) !== turn) return;
  const hadFocus = element.contains(document.activeElement);
  element.replaceWith(fresh);
  if (hadFocus) one("a, button", fresh)?.focus({ preventScroll: true });
}

function tell(element, task, state) {
  const name = element.dataset.name;
  if (!name) return;
  const quarter = state === "scanning" ? Math.floor(task.progress / 25) * 25 : state;
  if (announced.get(task.task_id) === quarter) return;
  announced.set(task.task_id, quarter);
  const found = counted(task.invoices_found, "invoice");
  if (state === "scanning") announce(`${name}: ${quarter ? `${quarter} percent, ${found}` : "scanning"}`);
  else announce(`${name}: ${{ done: `done, ${found}`, failed: "failed", cancelled: "cancelled" }[state] ?? state}`);
}

function showLost(element, lost) {
  if (["done", "failed", "cancelled"].includes(element.dataset.state)) return;
  element.classList.toggle("not-live", lost);
  const mark = one(".lost", element);
  if (mark) mark.hidden = !lost;
  if (lost) {
    const heard = heardAt.get(element.dataset.task) ?? performance.timeOrigin;
    fill(element, "left", `as of ${clockOf(heard)}`);
  }
}

function sayStalled() {
  if (live.state !== "live" || live.paused) return;
  for (const element of all('[data-state="scanning"]')) {
    const heard = heardAt.get(element.dataset.task);
    const silence = heard ? Date.now() - heard : 0;
    if (silence > STALLED_MS) fill(element, "left", `No update for ${5 * Math.round(silence / 5000)} s`);
  }
}
