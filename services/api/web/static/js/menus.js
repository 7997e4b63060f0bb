// Menus are <details name="menu">, which open and close natively. Adds closing by Escape and by a click elsewhere.

import { findAll } from "./dom.js";

export function watchMenus() {
  document.addEventListener("click", (event) => {
    for (const menu of findAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of findAll("details.menu[open]")) {
      const hadFocus = menu.contains(document.activeElement);
      menu.open = false;
      if (hadFocus) menu.querySelector("summary").focus();
    }
  });
}
