// Where there is no room for everything side by side, what stands beside the messages is behind a button.

import { submit } from "./composer.js";

export function drawer() {
  const menu = document.querySelector("#menu");
  const sides = document.querySelector("#sides");
  const open = yes => {
    menu.setAttribute("aria-expanded", yes);
    sides.classList.toggle("open", yes);
  };
  menu.addEventListener("click", () => open(!sides.classList.contains("open")));
  sides.addEventListener("click", e => e.target.closest("a") && open(false));
  addEventListener("keydown", e => {
    if (e.key !== "Escape" || !sides.classList.contains("open")) return;
    open(false);
    menu.focus();
  });
  submit("go", "go-error", () => {
    const field = document.querySelector("#go-room");
    location.hash = roomID(field.value);
    field.value = "";
    open(false);
  });
}

/** What somebody types, as a room's name. */
function roomID(text) {
  const id = text.trim().toLowerCase().replace(/[\s_]+/g, "-");
  if (!/^[a-z0-9][a-z0-9-]{0,31}$/.test(id)) throw new Error("a room's name has letters a to z, digits and hyphens");
  return id;
}
