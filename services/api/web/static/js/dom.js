// Helpers for all modules. Importing has no effect.

export const find = (selector, root = document) => root.querySelector(selector);
export const findAll = (selector, root = document) => [...root.querySelectorAll(selector)];

const numbers = new Intl.NumberFormat("en-US");
export const count = (number) => numbers.format(number);
export const counted = (number, noun) => `${count(number)} ${noun}${number === 1 ? "" : "s"}`;

// Formats an estimate: steps of 5 s below a minute, then minutes, then hours.
export function timeLeft(seconds) {
  if (seconds < 57.5) return `about ${Math.max(5, 5 * Math.round(seconds / 5))} s left`;
  if (seconds < 3600) return `about ${Math.max(1, Math.round(seconds / 60))} min left`;
  return `about ${Math.round(seconds / 3600)} h left`;
}

export const clockOf = (moment) =>
  new Date(moment).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

export function setText(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}

export function icon(name, small = false) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${document.body.dataset.icons}#${name}`);
  svg.append(use);
  svg.setAttribute("class", small ? "icon small" : "icon");
  svg.setAttribute("aria-hidden", "true");
  return svg;
}

// Announces a text to screen readers, at most every ten seconds. Of texts in between, the last one counts.
let announcedAt = -Infinity;
let waiting = 0;
export function announce(text) {
  const wait = Math.max(0, announcedAt + 10_000 - performance.now());
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    announcedAt = performance.now();
    setText(find("[data-status]"), text);
  }, wait);
}

// Shows a short message at the bottom that something was done, with Undo. Errors are shown elsewhere.
export function toast(text, undo) {
  const element = document.createElement("div");
  element.className = "toast";
  element.append(icon("check"), Object.assign(document.createElement("span"), { textContent: text }));
  const close = () => element.remove();
  if (undo) {
    const button = Object.assign(document.createElement("button"), { className: "link", type: "button", textContent: "Undo" });
    button.addEventListener("click", () => (close(), undo()));
    element.append(button);
  }
  let timer = setTimeout(close, 10_000);
  for (const event of ["pointerenter", "focusin"]) element.addEventListener(event, () => clearTimeout(timer));
  for (const event of ["pointerleave", "focusout"]) {
    element.addEventListener(event, () => {
      clearTimeout(timer);
      timer = setTimeout(close, 10_000);
    });
  }
  element.addEventListener("keydown", (event) => event.key === "Escape" && close());
  find("[data-toasts]").replaceChildren(element);
}

let requests = 0;
const shown = new Map();

// Fetches the page again and replaces the regions with these ids that changed; keeps focus and scroll position.
// A response to an older request never replaces that of a newer one.
export async function refresh(ids, address = location.href) {
  const turn = ++requests;
  const answer = await fetch(address, { headers: { Accept: "text/html" } });
  if (answer.redirected && new URL(answer.url).pathname === "/sign-in") location.assign(answer.url);
  if (!answer.ok) return false;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const id of ids) {
    if ((shown.get(id) ?? 0) > turn) continue;
    shown.set(id, turn);
    const before = document.getElementById(id);
    const after = fresh.getElementById(id);
    if (!before || !after || before.outerHTML === after.outerHTML) continue;
    const focused = before.contains(document.activeElement) ? document.activeElement.id : "";
    before.replaceWith(after);
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }
  return true;
}

// Sends a request to the API. Resolves to the body of the response; rejects with the detail of the problem.
export async function api(method, path, body) {
  const options = { method, headers: { Accept: "application/json" } };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Error("Mailtally cannot be reached. Check the connection, then try again.");
  }
  if (answer.status === 401) location.assign(`/sign-in?expired=1&next=${encodeURIComponent(location.pathname)}`);
  const content = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) throw Object.assign(new Error(content.detail), { code: content.code, errors: content.errors ?? [] });
  return content;
}
