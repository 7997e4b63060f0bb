// For every page: menus, theme without a reload, time zone for the server, state of live updates.

import { findAll, count, find, setText } from "./dom.js";
import { watchMenus } from "./menus.js";
import { live } from "./live.js";

const YEAR = 31_536_000;

function remember(name, value) {
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `${name}=${encodeURIComponent(value)}; path=/; max-age=${YEAR}; samesite=lax${secure}`;
}

function storeTimeZone() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone) remember("mailtally_zone", zone);
}

function switchThemesInPlace() {
  find("[data-theme-menu] form")?.addEventListener("submit", (event) => {
    event.preventDefault();
    const { value } = event.submitter;
    remember("mailtally_theme", value);
    if (value === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = value;
    for (const button of findAll("button", event.target)) button.setAttribute("aria-pressed", String(button.value === value));
    const menu = event.target.closest("details");
    menu.open = false;
    find("summary", menu).focus();
  });
}

function revealPasswords() {
  for (const button of findAll("[data-reveal]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const input = document.getElementById(button.dataset.reveal);
      const shown = input.type === "text";
      input.type = shown ? "password" : "text";
      button.setAttribute("aria-pressed", String(!shown));
    });
  }
}

// A click on a table row follows the link in its first cell; text can still be selected.
function followRows() {
  document.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-href]");
    if (!row || event.target.closest("a, button, input, label, summary") || String(getSelection())) return;
    if (event.metaKey || event.ctrlKey) open(row.dataset.href);
    else location.assign(row.dataset.href);
  });
}

function showLiveState() {
  const button = find("[data-live]");
  const banner = find("[data-banner]");
  if (!button) return;
  let ticking = 0;
  const say = () => {
    clearInterval(ticking);
    const { state, retryAt } = live;
    const lost = state === "lost";
    button.dataset.state = live.paused ? "paused" : state === "joining" ? "joining" : lost ? "lost" : "live";
    setText(find("[data-live-word]"), live.paused ? "Paused" : lost ? "Not live" : "Live");
    const count_down = () => {
      const left = Math.max(0, Math.ceil((retryAt - Date.now()) / 1000));
      setText(find("[data-banner-text]"), `Live updates stopped. Reconnecting${left ? ` in ${left} s` : ""}.`);
    };
    if (lost) {
      count_down();
      ticking = setInterval(count_down, 1000);
    } else if (!banner.hidden) setText(find("[data-status]"), "Live again.");
    banner.hidden = !lost;
  };
  live.addEventListener("state", say);
  find("[data-retry]").addEventListener("click", () => live.retry());
  button.addEventListener("click", () => {
    if (live.paused) live.resume();
    else live.pause();
    button.setAttribute("aria-pressed", String(live.paused));
    say();
  });
}

function countRunning() {
  const badge = find("[data-running]");
  let due = 0;
  const show = () => {
    const running = live.active().length;
    setText(find("[data-running-number]"), count(running));
    badge.hidden = running === 0;
  };
  live.addEventListener("task", () => {
    clearTimeout(due);
    due = setTimeout(show, 300);
  });
}

watchMenus();
storeTimeZone();
switchThemesInPlace();
revealPasswords();
followRows();
find("[data-problem]")?.focus();
if (document.body.dataset.user) {
  showLiveState();
  countRunning();
  live.start(document.body.dataset.user);
}
