// Invoice list: filters apply in place, and the URL always describes what is shown.

import { announce, find, refresh } from "./dom.js";

const PARTS = ["top", "sums", "more-sums", "filters", "results"];
const form = find("[data-search]");

async function show(address, { remember = history.replaceState } = {}) {
  remember.call(history, null, "", address);
  if (!(await refresh(PARTS, address))) location.assign(address);
  const results = find("#results");
  if (results) announce(results.dataset.count);
}

function addressOf() {
  const fields = new URLSearchParams(location.search);
  for (const name of ["cursor", "trail"]) fields.delete(name);
  const words = form.elements.q.value.trim();
  if (words) fields.set("q", words);
  else fields.delete("q");
  const query = fields.toString();
  return query ? `${location.pathname}?${query}` : location.pathname;
}

if (form) {
  let due = 0;
  form.addEventListener("input", (event) => {
    if (event.target.name !== "q") return;
    clearTimeout(due);
    due = setTimeout(() => show(addressOf()), 300);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(due);
    show(addressOf());
  });
  // Filters, sort columns and pages: each is a history entry, so that Back undoes it.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-filter], th a.sort, .pager a");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey || !document.getElementById("results")) return;
    event.preventDefault();
    if (!new URL(link.href).searchParams.get("q")) form.elements.q.value = "";
    show(link.href, { remember: history.pushState });
  });
  addEventListener("popstate", () => {
    form.elements.q.value = new URLSearchParams(location.search).get("q") ?? "";
    refresh(PARTS);
  });
}
