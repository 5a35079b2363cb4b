// A sheet typed back by keyboard: Enter moves on through a row and to the time of the next, Ctrl+Enter stores,
// 120/80 in one field splits, and a second press of the button does nothing. The server decides everything.
(() => {
  "use strict";
  const form = document.getElementById("paper");
  if (!form) return;
  const save = document.getElementById("save");
  const stops = () => [...form.querySelectorAll("table input:not([type=hidden], [type=checkbox]), table select, #save")]
    .filter((element) => element.offsetParent !== null && !element.name.endsWith("_on"));
  const split = (systolic) => {
    const parts = /^\s*(\d{2,3})\s*[/ ]\s*(\d{2,3})\s*$/.exec(systolic.value);
    if (!parts) return false;
    systolic.value = parts[1];
    form.elements[systolic.name.replace("systolic", "diastolic")].value = parts[2];
    return true;
  };
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    const target = event.target;
    if (event.ctrlKey || event.metaKey) { event.preventDefault(); form.requestSubmit(save); return; }
    if (target.matches("button, a")) return;
    event.preventDefault();
    const all = stops();
    const both = target.name.endsWith("-systolic_mmhg") && split(target);
    const next = all[all.indexOf(target) + (both ? 2 : 1)];
    if (next) { next.focus(); if (next.select && next.type === "text") next.select(); }
  });
  form.addEventListener("change", (event) => { if (event.target.name.endsWith("-systolic_mmhg")) split(event.target); });
  form.addEventListener("submit", (event) => {
    if (save.getAttribute("aria-busy") === "true") { event.preventDefault(); return; }
    if (event.submitter === save) save.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", () => save.removeAttribute("aria-busy"));
  const wrong = form.querySelector("[aria-invalid=true]") || form.querySelector("tr.wrong input.hour");
  (wrong || form.querySelector("input.hour")).focus();
})();
