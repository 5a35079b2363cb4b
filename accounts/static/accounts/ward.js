/* The pad of digits beside a PIN's field. Without this script the device's own keyboard does the same. */
(() => {
  "use strict";
  for (const pad of document.querySelectorAll("[data-pad]")) {
    const field = document.getElementById(pad.dataset.pad);
    pad.hidden = false;
    /* A finger has the pad; the keyboard on the screen would lie over it. A real keyboard and pasting still work. */
    if (matchMedia("(pointer: coarse)").matches) field.inputMode = "none";
    pad.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      if ("digit" in button.dataset) field.value += button.dataset.digit;
      else field.value = "back" in button.dataset ? field.value.slice(0, -1) : "";
      field.dispatchEvent(new Event("input", { bubbles: true }));
    });
  }
})();
