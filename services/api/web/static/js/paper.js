// Page image with highlights: paging, zoom, and highlighting the evidence of a field.

import { findAll, count, find, setText } from "./dom.js";

const ZOOMS = [50, 75, 100, 130, 170, 220];

export function startPaper() {
  const paper = find("[data-paper]");
  if (!paper) return null;
  let zoom = ZOOMS.indexOf(100);
  let requests = 0;
  const place = () => find("[data-page]", paper);
  const page = () => Number(place()?.dataset.page ?? 0);

  function showPlace() {
    const shown = place();
    const pages = Number(shown?.dataset.pages ?? 0);
    setText(find("[data-page-words]"), shown ? `page ${count(page())} of ${count(pages)}` : "");
    for (const button of findAll("[data-turn]")) {
      button.hidden = pages < 2;
      const target = page() + Number(button.dataset.turn);
      button.disabled = target < 1 || target > pages;
    }
    for (const button of findAll("[data-zoom]")) button.hidden = !shown;
    if (shown) shown.style.width = `${ZOOMS[zoom]}%`;
    if (shown) shown.style.maxWidth = zoom > ZOOMS.indexOf(100) ? "none" : "";
  }

  async function turnTo(number) {
    const turn = ++requests;
    const waiting = setTimeout(() => (find("[data-waiting]", paper)?.removeAttribute("hidden")), 300);
    let part = null;
    try {
      const answer = await fetch(`${paper.dataset.paper}?page=${number}`);
      if (answer.ok) part = new DOMParser().parseFromString(await answer.text(), "text/html").body;
    } catch {
      // Shown below, in place of the document.
    }
    clearTimeout(waiting);
    if (turn !== requests) return;
    if (part) {
      paper.replaceChildren(...part.childNodes);
      for (const mark of findAll("[data-mark]", paper)) {
        const row = document.getElementById(`field-${mark.dataset.mark}`);
        if (row) row.dataset.onPage = number;
      }
    }
    if (!part) paper.replaceChildren(Object.assign(document.createElement("p"), { className: "sub waiting", textContent: "The page could not be loaded. Open the PDF instead." }));
    showPlace();
  }

  async function light(name, on, { move = false } = {}) {
    const row = document.getElementById(`field-${name}`);
    const wanted = Number(row?.dataset.onPage ?? 0);
    row?.classList.toggle("active", on);
    if (on && move && wanted && wanted !== page()) await turnTo(wanted);
    const mark = find(`[data-mark="${name}"]`, paper);
    mark?.classList.toggle("active", on);
    if (on && move && mark) mark.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  for (const button of findAll("[data-turn]")) button.addEventListener("click", () => turnTo(page() + Number(button.dataset.turn)));
  for (const button of findAll("[data-zoom]")) {
    button.addEventListener("click", () => {
      zoom = Math.min(ZOOMS.length - 1, Math.max(0, zoom + Number(button.dataset.zoom)));
      showPlace();
    });
  }
  for (const [event, on] of [["pointerover", true], ["pointerout", false], ["focusin", true], ["focusout", false]]) {
    paper.addEventListener(event, ({ target }) => {
      const mark = target.closest("[data-mark]");
      if (mark) light(mark.dataset.mark, on);
    });
  }
  turnTo(Number(paper.dataset.first));
  return { light };
}
