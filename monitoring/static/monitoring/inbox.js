// The inbox: counts down, keeps what somebody has opened or ticked while the rows are swapped, moves by j and k
// within the list, and puts the second step of an answer over the list. Without it each answer is a page.
(() => {
  "use strict";

  const body = document.body;
  const list = document.getElementById("inbox");
  const answered = document.getElementById("answered");
  const dialog = document.getElementById("answer-dialog");
  // --- Undo: offered for so many real seconds ------------------------------------------------------------
  let undoing = null;
  const countUndo = () => {
    clearInterval(undoing);
    const form = answered && answered.querySelector("[data-undo]");
    if (!form) return;
    const until = performance.now() + Number(form.dataset.undo) * 1_000;
    undoing = setInterval(() => {
      const left = Math.ceil((until - performance.now()) / 1_000);
      if (left > 0) { form.querySelector("[data-left]").textContent = `${left} s`; return; }
      clearInterval(undoing);
      form.querySelector("button").remove();
    }, 250);
  };
  countUndo();

  if (!list || !dialog) return;

  // --- Time left, by the server's clock ----------------------------------------------------------------
  const SOON_MS = 60_000;
  const drawnAt = performance.now();
  const serverNow = Date.parse(body.dataset.now || "") || Date.now();
  const rate = Number(body.dataset.rate) || 1;
  const now = () => serverNow + (performance.now() - drawnAt) * rate;
  const two = (number) => String(number).padStart(2, "0");
  const leftText = (ms) => {
    const seconds = Math.max(0, Math.floor(ms / 1_000));
    const hours = Math.floor(seconds / 3_600);
    const minutes = Math.floor(seconds / 60) % 60;
    return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
  };
  const countDown = () => {
    const at = now();
    list.querySelectorAll("[data-countdown]").forEach((element) => {
      const left = Date.parse(element.getAttribute("datetime")) - at;
      element.textContent = left < 1_000 ? element.dataset.countdown : leftText(left);
      element.classList.toggle("soon", left < SOON_MS);
    });
  };

  // --- New alerts are spoken once --------------------------------------------------------------------------
  const waiting = () => new Map([...list.querySelectorAll("[data-waits]")].map((row) => [row.dataset.id, row]));
  let known = new Set(waiting().keys());
  const speakNew = () => {
    const rows = waiting();
    const fresh = [...rows].filter(([id]) => !known.has(id)).map(([, row]) => row);
    known = new Set(rows.keys());
    const say = (place, chosen) => {
      if (chosen.length) document.getElementById(place).textContent = `${dialog.dataset.new}: ${chosen.map((row) => row.dataset.say).join("; ")}`;
    };
    say("spoken-high", fresh.filter((row) => row.dataset.waits === "high"));
    say("spoken", fresh.filter((row) => row.dataset.waits !== "high"));
    fresh.forEach((row) => row.querySelector(".mark .badge").classList.add("new"));
  };

  // --- What was opened and ticked stays so when the rows are swapped ------------------------------------
  let kept = { open: [], ticked: [] };
  const ids = (selector) => [...list.querySelectorAll(selector)].map((element) => element.id);
  list.addEventListener("htmx:beforeSwap", () => {
    kept = { open: ids("details[open]"), ticked: ids(".tick input:checked") };
  });
  list.addEventListener("htmx:afterSwap", () => {
    const form = list.querySelector("[data-title]");
    if (form) document.title = form.dataset.title;
  });
  list.addEventListener("htmx:afterSettle", () => {
    kept.open.forEach((id) => { const found = document.getElementById(id); if (found) found.open = true; });
    kept.ticked.forEach((id) => { const found = document.getElementById(id); if (found) found.checked = true; });
    speakNew();
    countDown();
  });

  // --- j and k move within the list; nothing is bound outside it ------------------------------------------
  list.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, select, textarea")) return;
    const links = [...list.querySelectorAll("[data-row]")].filter((link) => link.offsetParent);
    const row = event.target.closest(".episode");
    if (event.key === "Escape") list.querySelectorAll(".more[open]").forEach((menu) => { menu.open = false; });
    if (event.key !== "j" && event.key !== "k") return;
    const here = event.target.matches("[data-row]") ? event.target : row && row.querySelector("[data-row]");
    const next = links[links.indexOf(here) + (event.key === "j" ? 1 : -1)];
    if (next) { event.preventDefault(); next.focus(); }
  });
  document.addEventListener("click", (event) => {
    list.querySelectorAll(".more[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  });

  // --- The second step of an answer -------------------------------------------------------------------------
  let askedFrom = null;
  const fetched = async (address, options = {}) => {
    const answer = await fetch(address, {
      ...options,
      headers: { "HX-Request": "true", "X-CSRFToken": JSON.parse(body.getAttribute("hx-headers"))["X-CSRFToken"] },
      credentials: "same-origin",
      signal: AbortSignal.timeout(15_000),
    });
    if (answer.redirected || (!answer.ok && answer.status !== 422)) throw new Error(String(answer.status));
    return { status: answer.status, text: await answer.text() };
  };
  const showAnswer = (text) => {
    dialog.innerHTML = text;
    if (!dialog.open) dialog.showModal();
    (dialog.querySelector("#errors") || dialog.querySelector("input:checked, input:not([type=hidden]), select, textarea, button")).focus();
  };
  const lost = () => {
    const form = dialog.querySelector("form");
    const said = form.querySelector("[data-lost]") || document.createElement("p");
    said.className = "notice stop";
    said.dataset.lost = "";
    said.setAttribute("role", "alert");
    said.textContent = dialog.dataset.lost;
    form.querySelector(".actions").before(said);
  };

  list.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-answer]");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    askedFrom = link.id;
    link.setAttribute("aria-busy", "true");
    try { showAnswer((await fetched(link.href)).text); } catch { location.assign(link.href); }
    link.removeAttribute("aria-busy");
  });
  dialog.addEventListener("click", (event) => {
    if (!event.target.closest("[data-close]")) return;
    event.preventDefault();
    dialog.close();
  });
  dialog.addEventListener("change", (event) => {
    const promise = event.target.matches("select") && event.target.closest(".promise");
    if (promise) promise.querySelector("input").checked = true;
  });
  dialog.addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target;
    const button = form.querySelector("button[type=submit]");
    if (button.getAttribute("aria-busy")) return;
    button.setAttribute("aria-busy", "true");
    try {
      const { status, text } = await fetched(form.action, { method: "POST", body: new FormData(form) });
      if (status === 422) { showAnswer(text); return; }
      answered.innerHTML = text;
      dialog.close();
      countUndo();
      window.htmx.trigger(list, "febris:changed");
    } catch { lost(); } finally { button.removeAttribute("aria-busy"); }
  });
  // Focus goes back to where the answer was asked from, or to its row: never to the top of the page.
  dialog.addEventListener("close", () => {
    const undo = document.getElementById("undo");
    const from = document.getElementById(askedFrom);
    (undo || from || list.querySelector("[data-row]") || list).focus();
    dialog.replaceChildren();
  });

  countDown();
  setInterval(countDown, 1_000);
})();
