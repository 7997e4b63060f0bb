// Updates everything on the page that shows a scan. Numbers are set in place; for a change of state the server
// renders the element again: its part (data-part), its region (data-region), or what the page decides (`onChange`).

import { findAll, announce, clockOf, count, counted, find, setText, timeLeft } from "./dom.js";
import { live } from "./live.js";
import { ScanSpeed } from "./pace.js";

const PAINT_MS = 250;
const STALLED_MS = 15_000;
const TERMINAL = new Set(["DONE", "FAILURE", "CANCELLED"]);

const paces = new Map();
const due = new Map();
const paintedAt = new Map();
const receivedAt = new Map();
const announced = new Map();
const requests = new WeakMap();
let frame = 0;
let timer = 0;

export function stateOf(task) {
  if (!TERMINAL.has(task.status) && task.cancel_requested_at) return "stopping";
  if (task.status === "PROGRESS") return task.messages_total === null ? "listing" : "scanning";
  return { PENDING: "waiting", DONE: "done", FAILURE: "failed", CANCELLED: "cancelled" }[task.status];
}

// Formats the status text of a scan with thousands separated.
const withThousands = (text) => text.replace(/\b\d{4,}(?= (?:of \d|messages|invoices))/g, (digits) => count(Number(digits)));

export function watchScans({ onChange = () => {}, onUnknown = () => {}, onPaint = () => {} } = {}) {
  live.addEventListener("task", ({ detail: task }) => {
    const shown = findAll(`[data-task="${CSS.escape(task.task_id)}"]`);
    if (shown.length === 0) onUnknown(task);
    due.set(task.task_id, task);
    frame ||= requestAnimationFrame(() => paint({ onChange, onPaint }));
  });
  live.addEventListener("state", ({ detail }) => {
    for (const element of findAll("[data-task]")) showLost(element, detail.state === "lost");
  });
  setInterval(showStalled, 5000);
}

function paint(handlers) {
  frame = 0;
  const now = performance.now();
  let soonest = Infinity;
  for (const [id, task] of due) {
    const state = stateOf(task);
    const wait = (paintedAt.get(id) ?? -Infinity) + PAINT_MS - now;
    if (wait > 0 && !TERMINAL.has(task.status)) {
      soonest = Math.min(soonest, wait);
      continue;
    }
    due.delete(id);
    paintedAt.set(id, now);
    receivedAt.set(id, Date.now());
    const pace = paces.get(id) ?? new ScanSpeed();
    paces.set(id, pace);
    if (state === "scanning") pace.observe(now, task.messages_scanned);
    for (const element of findAll(`[data-task="${CSS.escape(id)}"], [data-of="${CSS.escape(id)}"]`)) {
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
    announceProgress(element, task, state);
    if (element.dataset.part) replace(element);
    onChange(element, task, state);
    return;
  }
  const bar = find("[data-bar]", element);
  // Progress never falls while a scan runs, whatever the order of the events.
  if (bar && state === "scanning" && task.progress >= bar.value) bar.value = Math.min(task.progress, 99.9);
  fill(element, "scanned", count(task.messages_scanned));
  fill(element, "invoices", count(task.invoices_found));
  fill(element, "noun", task.invoices_found === 1 ? "invoice" : "invoices");
  if (task.messages_total !== null) fill(element, "total", count(task.messages_total));
  if (state === "listing" || state === "scanning") fill(element, "current", withThousands(task.current_status));
  if (state !== "scanning") return;
  fill(element, "percent", `${task.progress}%`);
  const speed = pace.perSecond();
  if (speed !== null) fill(element, "rate", count(Math.round(speed)));
  const left = pace.secondsLeft(task.messages_total);
  if (left !== null) {
    fill(element, "left", timeLeft(left));
    fill(element, "rest", timeLeft(left).replace(/ left$/, ""));
  }
  announceProgress(element, task, state);
}

function fill(element, slot, text) {
  for (const place of findAll(`[data-slot="${slot}"]`, element)) setText(place, text);
}

// Replaces an element by its current rendering. If it is requested again meanwhile, only the last response counts.
export async function replace(element) {
  const turn = (requests.get(element) ?? 0) + 1;
  requests.set(element, turn);
  const answer = await fetch(element.dataset.part, { headers: { Accept: "text/html" } });
  if (!answer.ok || !element.isConnected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").body.firstElementChild;
  if (!fresh || requests.get(element) !== turn) return;
  const hadFocus = element.contains(document.activeElement);
  element.replaceWith(fresh);
  if (hadFocus) find("a, button", fresh)?.focus({ preventScroll: true });
}

function announceProgress(element, task, state) {
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
  const mark = find(".lost", element);
  if (mark) mark.hidden = !lost;
  if (lost) {
    const received = receivedAt.get(element.dataset.task) ?? performance.timeOrigin;
    fill(element, "left", `as of ${clockOf(received)}`);
  }
}

function showStalled() {
  if (live.state !== "live" || live.paused) return;
  for (const element of findAll('[data-state="scanning"]')) {
    const received = receivedAt.get(element.dataset.task);
    const silence = received ? Date.now() - received : 0;
    if (silence > STALLED_MS) fill(element, "left", `No update for ${5 * Math.round(silence / 5000)} s`);
  }
}
