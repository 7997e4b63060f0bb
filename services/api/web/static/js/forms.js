// Forms that may be shown again with errors: sent in the background, so that a typed password stays in its field.

import { find } from "./dom.js";

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("form[data-stay]");
  if (!form) return;
  event.preventDefault();
  const button = event.submitter ?? find("button:not([type])", form);
  const word = button.textContent;
  const secrets = [...form.querySelectorAll('input[type="password"], [data-reveal] ~ input')].map(({ name, value }) => [name, value]);
  button.textContent = form.dataset.busy;
  button.setAttribute("aria-disabled", "true");
  form.inert = true;
  try {
    const body = new URLSearchParams(new FormData(form));
    const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "text/html" } });
    if (answer.redirected) return location.assign(answer.url);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    find("main").replaceChildren(...find("main", fresh).childNodes);
    document.title = fresh.title;
    for (const [name, value] of secrets) {
      const input = document.getElementById(name);
      if (input) input.value = value;
    }
    for (const reveal of document.querySelectorAll("[data-reveal]")) reveal.hidden = false;
    find("[data-problem]")?.focus();
  } catch {
    button.textContent = word;
    button.removeAttribute("aria-disabled");
    form.inert = false;
    find("[data-status]").textContent = "Mailtally cannot be reached. Check the connection, then try again.";
  }
});
