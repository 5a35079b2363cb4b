// The bedside form by keyboard: Enter moves on, Ctrl+Enter saves, 120/80 splits, the time follows the clock
// until somebody touches it, and a second press of Save does nothing. The server decides everything else.
(() => {
  "use strict";
  const form = document.getElementById("vitals");
  if (!form) return;
  const body = document.body;
  const zone = body.dataset.zone || undefined;
  const drawnAt = performance.now();
  const serverNow = Date.parse(body.dataset.now || "") || Date.now();
  const rate = Number(body.dataset.rate) || 1;
  const clinicalNow = () => new Date(serverNow + (performance.now() - drawnAt) * rate);

  // --- Moving on ------------------------------------------------------------------------------------------
  const stops = () => [...form.querySelectorAll("input:not([type=hidden]), select, #save")]
    .filter((element) => !element.disabled && element.offsetParent !== null)
    .filter((element, index, all) => element.type !== "radio"
      || element === (all.find((other) => other.name === element.name && other.checked) || all.find((other) => other.name === element.name)));
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    const target = event.target;
    if (event.ctrlKey || event.metaKey) { event.preventDefault(); form.requestSubmit(document.getElementById("save")); return; }
    if (target.matches("button, a, textarea, summary")) return;
    event.preventDefault();
    const all = stops();
    const here = target.type === "radio" ? all.findIndex((element) => element.name === target.name) : all.indexOf(target);
    const next = all[here + 1];
    if (next) { next.focus(); if (next.select && next.type === "text") next.select(); }
  });
  form.addEventListener("focusin", (event) => { if (event.target.matches("input[type=text]")) event.target.select(); });

  // --- 120/80 -----------------------------------------------------------------------------------------------
  const systolic = form.elements.systolic_mmhg;
  const diastolic = form.elements.diastolic_mmhg;
  const split = () => {
    const parts = /^\s*(\d{2,3})\s*[/ ]\s*(\d{2,3})\s*$/.exec(systolic.value);
    if (parts) { systolic.value = parts[1]; diastolic.value = parts[2]; }
  };
  systolic.addEventListener("change", split);
  systolic.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === "Tab") split(); });

  // --- The time of measuring ----------------------------------------------------------------------------------
  const day = form.elements.measured_at_on;
  const hour = form.elements.measured_at_at;
  let touched = form.dataset.bound === "yes";
  const put = (moment) => {
    const parts = Object.fromEntries(new Intl.DateTimeFormat("en-CA", {
      timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
    }).formatToParts(moment).map((part) => [part.type, part.value]));
    day.value = `${parts.year}-${parts.month}-${parts.day}`;
    hour.value = `${parts.hour}:${parts.minute}`;
  };
  [day, hour].forEach((input) => input.addEventListener("input", () => { touched = true; }));
  setInterval(() => { if (!touched && document.activeElement !== hour && document.activeElement !== day) put(clinicalNow()); }, 1_000);
  const chips = form.querySelector(".chips");
  if (chips) {
    chips.hidden = false;
    chips.addEventListener("click", (event) => {
      const minutes = Number(event.target.dataset.minutes);
      if (!minutes) return;
      touched = true;
      put(new Date(clinicalNow().getTime() - minutes * 60_000));
    });
  }

  // --- Concern: typing what it is says that there is one -------------------------------------------------------
  form.elements.concern.addEventListener("input", () => { if (form.elements.concern.value) form.elements.concerned.checked = true; });

  // --- Once --------------------------------------------------------------------------------------------------------
  const save = document.getElementById("save");
  form.addEventListener("submit", (event) => {
    if (save.getAttribute("aria-busy") === "true") { event.preventDefault(); return; }
    split();
    if (event.submitter === save) { save.setAttribute("aria-busy", "true"); save.textContent = form.dataset.saving; }
  });
  window.addEventListener("pageshow", () => { save.removeAttribute("aria-busy"); });

  const wrong = form.querySelector("[aria-invalid=true]");
  const first = wrong || form.elements.temperature;
  first.focus();
})();
