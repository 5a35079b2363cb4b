// The ward board: reads again what an event names and replaces the cells that differ, nothing else; puts the rows
// in their order on the tick; speaks each new alert once; rows by keyboard. live.js follows the stream for it.
(() => {
  "use strict";

  const board = document.getElementById("board");
  if (!board) return;

  const TICK_MS = 10_000;
  const SETTLE_MS = 250;
  const MOVE_MS = 180;
  const MANY = 50;
  const quiet = window.matchMedia("(prefers-reduced-motion: reduce)");
  const plainTitle = document.title.replace(/^\(\d+[^)]*\) /, "");

  const table = () => document.getElementById("ward");
  const rows = () => [...board.querySelectorAll("#ward > tbody > tr")];
  const parse = (text) => new DOMParser().parseFromString(text, "text/html").body;

  // --- What a cell says apart from what the clock alone changes: only that makes it another cell -----------
  const sayings = new Map();
  const saying = (cell) => {
    const copy = cell.cloneNode(true);
    copy.classList.remove("ageing", "stale", "fresh");
    copy.querySelectorAll("[data-since], [data-elapsed]").forEach((element) => { element.textContent = ""; });
    copy.querySelectorAll("progress").forEach((element) => { element.removeAttribute("value"); element.textContent = ""; });
    return copy.outerHTML;
  };
  const remember = (row) => sayings.set(row.id, [...row.cells].map(saying));
  const attributes = (row) => [...row.attributes].filter(({ name }) => name !== "tabindex");

  // --- Patching: cells of rows that are there at once; the order, comers and goers on the tick --------------
  const patchRow = (row, wanted) => {
    const before = sayings.get(row.id);
    const now = [...wanted.cells].map(saying);
    let touched = false;
    for (const { name, value } of attributes(wanted)) {
      if (name === "tabindex" || row.getAttribute(name) === value) continue;
      row.setAttribute(name, value);
      touched = true;
    }
    attributes(row).forEach(({ name }) => { if (!wanted.hasAttribute(name)) row.removeAttribute(name); });
    if (before.length !== now.length) {
      row.replaceChildren(...wanted.cells);
      touched = true;
    } else {
      now.forEach((said, index) => {
        if (said === before[index]) return;
        const cell = wanted.cells[0].ownerDocument.adoptNode(wanted.querySelector(`[data-cell="${row.cells[index].dataset.cell}"]`).cloneNode(true));
        cell.classList.add("fresh");
        row.cells[index].replaceWith(cell);
        touched = true;
      });
    }
    if (touched) sayings.set(row.id, now);
    return touched;
  };

  const keepingFocus = (change) => {
    const active = document.activeElement;
    const id = active && board.contains(active) ? active.id : "";
    const row = id && active.closest("tr");
    const top = row ? row.getBoundingClientRect().top : 0;
    change();
    if (!id) return;
    const again = document.getElementById(id) || (row && document.getElementById(row.id));
    if (!again) return;
    if (document.activeElement !== again) again.focus({ preventScroll: true });
    const moved = (again.closest("tr") || again).getBoundingClientRect().top - top;
    if (moved && !document.body.classList.contains("wall")) window.scrollBy({ top: moved, behavior: "instant" });
  };

  const order = (wanted) => {
    const body = table().tBodies[0];
    const ids = wanted.map((row) => row.id);
    if (rows().map((row) => row.id).join() === ids.join()) return;
    const from = new Map(rows().map((row) => [row.id, row.getBoundingClientRect().top]));
    rows().forEach((row) => { if (!ids.includes(row.id)) { sayings.delete(row.id); row.remove(); } });
    let place = body.firstElementChild;
    for (const row of wanted) {
      const here = document.getElementById(row.id) || body.appendChild(document.importNode(row, true));
      if (!sayings.has(here.id)) remember(here);
      if (here === place) place = place.nextElementSibling;
      else body.insertBefore(here, place);
    }
    if (quiet.matches) return;
    rows().forEach((row) => {
      const by = (from.get(row.id) ?? row.getBoundingClientRect().top) - row.getBoundingClientRect().top;
      if (by) row.animate([{ transform: `translateY(${by}px)` }, { transform: "none" }], { duration: MOVE_MS, easing: "ease-out" });
    });
  };

  const patch = (text, whole) => {
    const read = parse(text);
    const wanted = [...read.querySelectorAll("#ward > tbody > tr")];
    keepingFocus(() => {
      if (whole && (!table() || !wanted.length)) {
        if (wanted.length || table()) board.replaceChildren(...document.importNode(read, true).childNodes);
        sayings.clear();
        rows().forEach(remember);
      } else {
        wanted.forEach((row) => {
          const here = document.getElementById(row.id);
          if (here) patchRow(here, row);
        });
        if (whole) {
          order(wanted);
          table().className = read.querySelector("#ward").className;
          const sites = "[data-count=sites]";
          const said = read.querySelector(sites).innerHTML;
          if (board.querySelector(sites).innerHTML !== said) board.querySelector(sites).innerHTML = said;
        }
      }
    });
    count();
    tell();
    roam();
    document.dispatchEvent(new CustomEvent("febris:drawn"));
  };

  // --- Counts, title: from the rows, so that they never say another thing than these ------------------------
  const put = (name, number) => {
    const element = board.querySelector(`[data-count=${name}]`);
    const figure = element && element.querySelector("b");
    if (!figure || figure.textContent === String(number)) return;
    figure.textContent = number;
    if (name !== "patients") element.classList.toggle("some", number > 0);
  };
  const sum = (key) => rows().reduce((total, row) => total + Number(row.dataset[key]), 0);
  const count = () => {
    put("patients", rows().length);
    put("high", sum("high"));
    put("late", sum("late"));
    const title = sum("high") ? `(${sum("high")} ${board.dataset.highTitle}) ${plainTitle}` : plainTitle;
    if (document.title !== title) document.title = title;
  };

  // --- Each new alert is spoken once, and its badge calls for a few seconds ----------------------------------
  const alerts = () => [...board.querySelectorAll("[data-alert]")];
  const key = (alert) => `${alert.dataset.alert} ${alert.dataset.priority}`;
  const told = new Set(alerts().map(key));
  const tell = () => {
    const fresh = alerts().filter((alert) => !told.has(key(alert)));
    fresh.forEach((alert) => {
      told.add(key(alert));
      alert.querySelector(".chip").classList.add("new");
    });
    const say = (id, list) => {
      if (list.length) document.getElementById(id).textContent = list.map((alert) => alert.dataset.said).join(" ");
    };
    say("said-high", fresh.filter((alert) => alert.dataset.priority === "high"));
    say("said", fresh.filter((alert) => alert.dataset.priority !== "high"));
    if (fresh.length) document.dispatchEvent(new CustomEvent("febris:new-alerts", { detail: fresh.map((alert) => alert.dataset.priority) }));
  };

  // --- Reading again: one request at a time; what is named meanwhile goes with the next -----------------------
  let named = new Set();
  let all = false;
  let busy = false;
  let settling = 0;

  const read = async () => {
    settling = 0;
    if (busy || (!all && !named.size)) return;
    busy = true;
    const whole = all || named.size > MANY || !table();
    const address = new URL(location.href);
    if (!whole) named.forEach((infusion) => address.searchParams.append("only", infusion));
    named = new Set();
    all = false;
    try {
      const answer = await fetch(address, {
        headers: { "HX-Request": "true", "X-Febris-Background": "1" },
        credentials: "same-origin",
        cache: "no-store",
        signal: AbortSignal.timeout(8_000),
      });
      const onward = answer.headers.get("HX-Redirect");
      const isLeft = window.febrisIsLeft && window.febrisIsLeft();
      if (onward && !isLeft) location.assign(onward);
      else if (answer.ok) patch(await answer.text(), whole);
    } catch { /* the tick asks again; meanwhile the ages count on */ }
    busy = false;
    if (all || named.size) soon();
  };
  const soon = () => { if (!settling) settling = setTimeout(read, SETTLE_MS); };

  document.addEventListener("febris:event", ({ detail }) => {
    if (detail.name !== "alert" && detail.name !== "reading") return;
    if (detail.infusion) named.add(detail.infusion);
    else all = true;
    soon();
  });
  document.addEventListener("febris:missed", () => { all = true; soon(); });
  setInterval(() => { all = true; soon(); }, TICK_MS);

  // --- What counts by itself: T+ and the share of the watch; ages are counted by live.js ----------------------
  const two = (number) => String(number).padStart(2, "0");
  const countOn = (now) => {
    board.querySelectorAll("[data-elapsed]").forEach((element) => {
      const minutes = Math.floor(Math.abs(now - Date.parse(element.dataset.elapsed)) / 60_000);
      const text = `T${now < Date.parse(element.dataset.elapsed) ? "−" : "+"}${Math.floor(minutes / 60)}:${two(minutes % 60)}`;
      if (element.textContent !== text) element.textContent = text;
    });
    board.querySelectorAll("progress[data-to]").forEach((element) => {
      const [from, to] = [Date.parse(element.dataset.from), Date.parse(element.dataset.to)];
      const share = Math.max(0, Math.min(100, Math.round(((now - from) / (to - from)) * 100)));
      if (element.value !== share) element.value = share;
    });
  };
  document.addEventListener("febris:second", ({ detail }) => countOn(detail.now));

  // --- The strip above: its words change without the notice being said again -----------------------------------
  const strip = document.getElementById("strip");
  let skew = null;
  const showSkew = () => {
    const place = document.getElementById("skew");
    if (!place || skew === null) return;
    const off = Math.abs(skew) >= 30;
    place.hidden = false;
    place.className = off ? "stopped" : "runs";
    place.querySelector(".skew-word").textContent = off ? `◌ ${place.dataset.off}` : "✓";
    place.querySelector(".age").textContent = `${skew > 0 ? "+" : skew < 0 ? "−" : "±"}${Math.abs(skew)} s`;
  };
  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt !== strip || !event.detail.successful) return;
    const wanted = parse(event.detail.xhr.responseText);
    const [notice, lights] = [wanted.querySelector("#not-complete"), wanted.querySelector(".lights")];
    if (!notice || !lights) return;
    const words = (element) => element.textContent.replace(/\d+/g, "#").trim();
    const here = document.getElementById("not-complete");
    if (words(here) !== words(notice)) here.replaceWith(notice);
    strip.querySelector(".lights").replaceWith(lights);
    showSkew();
  });
  document.addEventListener("febris:heartbeat", ({ detail }) => {
    const at = Date.parse(detail.at);
    if (Number.isNaN(at)) return;
    skew = Math.round((Date.now() - at) / 1_000);
    showSkew();
  });

  // --- Rows by keyboard: single keys count only while the list has the focus (WCAG 2.1.4) ----------------------
  const wall = document.body.classList.contains("wall");
  const roam = () => {
    if (wall) return;
    const list = rows();
    if (!list.length || list.some((row) => row.tabIndex === 0)) return;
    list[0].tabIndex = 0;
  };
  const go = (row) => {
    if (!row) return;
    rows().forEach((other) => { other.tabIndex = other === row ? 0 : -1; });
    row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  };
  const keys = document.getElementById("keys");
  document.addEventListener("keydown", (event) => {
    if (wall || event.ctrlKey || event.altKey || event.metaKey) return;
    const on = document.activeElement;
    const row = on && on.closest ? on.closest("#ward > tbody > tr") : null;
    if (event.key === "Escape" && keys && keys.open) { keys.open = false; return; }
    if (event.key === "?" && keys && (row || on === document.body)) { keys.open = !keys.open; event.preventDefault(); return; }
    if (!row) return;
    const to = (step) => go(rows()[rows().indexOf(row) + step]);
    const open = (address) => { if (address) location.assign(address); };
    switch (event.key) {
      case "ArrowDown": case "j": to(1); break;
      case "ArrowUp": case "k": to(-1); break;
      case "Home": go(rows()[0]); break;
      case "End": go(rows().at(-1)); break;
      case "Enter": if (on !== row) return; open(row.dataset.open); break;
      case "a": open(row.dataset.alerts); break;
      case "v": open(row.dataset.vitals); break;
      default: return;
    }
    event.preventDefault();
  });

  // --- A wall does not scroll: it says how many patients it has no room for --------------------------------------
  const below = () => {
    if (!wall || !table()) return;
    let note = document.getElementById("below");
    const hidden = rows().filter((row) => row.getBoundingClientRect().bottom > window.innerHeight - 4).length;
    if (!hidden) { if (note) note.remove(); return; }
    if (!note) {
      note = document.createElement("p");
      note.id = "below";
      board.append(note);
    }
    const text = `+ ${hidden + 1} ${board.dataset.below}`;
    if (note.textContent !== text) note.textContent = text;
  };
  document.addEventListener("febris:drawn", below);
  window.addEventListener("resize", below);

  rows().forEach(remember);
  roam();
  below();
})();
