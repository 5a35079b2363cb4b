/* A page that nobody touches covers itself and asks for the same person again. Nothing typed is lost: it stays
   in the page, and in this tab's storage under that person's uuid, and is dropped when another signs in.
   The server keeps the same watch and answers 423; this script only makes it gentle. */
(() => {
  "use strict";
  const root = document.getElementById("idle");
  if (!root) return;
  const { user, active, lock, csrf } = root.dataset;
  const lockAfter = Number(root.dataset.lockAfter) * 1000;
  const warnBefore = Number(root.dataset.warnBefore) * 1000;
  const lockDialog = document.getElementById("idle-lock");
  const warning = document.getElementById("idle-warning");
  const isLockPage = document.body.hasAttribute("data-locked");
  const TELL_SERVER_EVERY = 30_000;

  /* --- What was typed, kept for this person in this tab ------------------------------------------------ */
  const PREFIX = "febris:typed:";
  const mine = PREFIX + user + ":";
  const here = mine + location.pathname;
  const kept = (form) => form.id || form.getAttribute("action") || "form";
  const stored = () => {
    try { return JSON.parse(sessionStorage.getItem(here)) || {}; } catch { return {}; }
  };
  const store = (all) => {
    try {
      if (Object.keys(all).length) sessionStorage.setItem(here, JSON.stringify(all));
      else sessionStorage.removeItem(here);
    } catch { /* no room: the page itself still holds it */ }
  };
  const dropWhere = (test) => {
    for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX) && test(key)) sessionStorage.removeItem(key);
  };
  const isKept = (form) =>
    form.method === "post" && !form.matches("[data-unlock], [data-leave], [data-no-keep], .pick");
  const fields = (form) =>
    [...form.elements].filter((field) => field.name && !field.disabled && !["hidden", "password", "file", "submit", "button"].includes(field.type));
  const values = (form) =>
    fields(form).map((field) => [field.name, field.value, field.type === "checkbox" || field.type === "radio" ? field.checked : null]);

  dropWhere((key) => !key.startsWith(mine));

  const keep = (form) => {
    if (!isKept(form)) return;
    store({ ...stored(), [kept(form)]: { values: values(form), sent: false } });
  };
  const settle = (form) => {
    const all = stored();
    delete all[kept(form)];
    store(all);
  };
  const restore = () => {
    const all = stored();
    let brought = false;
    for (const form of document.forms) {
      const typed = all[kept(form)];
      if (!typed || !isKept(form)) continue;
      for (const [name, value, checked] of typed.values) {
        for (const field of fields(form)) {
          if (field.name !== name) continue;
          if (checked === null) {
            if (field.value !== value) { field.value = value; brought = true; }
          } else if (field.value === value && field.checked !== checked) { field.checked = checked; brought = true; }
        }
      }
      if (brought) form.dispatchEvent(new Event("input", { bubbles: true }));
    }
    if (brought) {
      const note = document.getElementById("idle-restored");
      note.textContent = root.dataset.restored;
      note.hidden = false;
    }
  };
  /* A full-page answer to a form ends its draft, unless that answer was the lock. */
  const unsend = () => {
    for (const key of Object.keys(sessionStorage)) {
      if (!key.startsWith(mine)) continue;
      const all = JSON.parse(sessionStorage.getItem(key));
      for (const typed of Object.values(all)) typed.sent = false;
      sessionStorage.setItem(key, JSON.stringify(all));
    }
  };
  const settleSent = () => {
    for (const key of Object.keys(sessionStorage)) {
      if (!key.startsWith(mine)) continue;
      const all = JSON.parse(sessionStorage.getItem(key));
      const open = Object.fromEntries(Object.entries(all).filter(([, typed]) => !typed.sent));
      if (Object.keys(open).length) sessionStorage.setItem(key, JSON.stringify(open));
      else sessionStorage.removeItem(key);
    }
  };

  /* Somebody else takes the device: what is typed goes to the server, which keeps it for this person alone, and
     nothing of it stays in the tab. */
  const handOver = (form) => {
    clearTimeout(typing);
    for (const each of document.forms) if (each === typedIn || stored()[kept(each)]) keep(each);
    const typed = {};
    for (const key of Object.keys(sessionStorage)) {
      if (key.startsWith(mine)) typed[key.slice(mine.length)] = JSON.parse(sessionStorage.getItem(key));
    }
    form.elements.kept.value = JSON.stringify(typed);
    dropWhere(() => true);
    say("lock");
  };
  const takeBack = async () => {
    try {
      const answer = await fetch(root.dataset.kept, { method: "POST", headers: { "X-CSRFToken": csrf, Accept: "application/json" } });
      if (!answer.ok) return;
      for (const [path, all] of Object.entries(await answer.json())) {
        if (path.startsWith("/")) sessionStorage.setItem(mine + path, JSON.stringify(all));
      }
    } catch { /* it stays on the server for the next page */ }
  };

  let typing, typedIn;
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (!form || !event.isTrusted) return;
    clearTimeout(typing);
    typedIn = form;
    typing = setTimeout(() => keep(form), 300);
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-switch]")) { handOver(form); return; }
    if (form.matches("[data-leave]")) { dropWhere(() => true); return; }
    if (!isKept(form)) return;
    clearTimeout(typing);
    const isHtmx = form.hasAttribute("hx-post") || form.closest("[hx-boost]");
    store({ ...stored(), [kept(form)]: { values: values(form), sent: !isHtmx } });
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt && event.detail.elt.closest && event.detail.elt.closest("form");
    if (form && event.detail.successful) settle(form);
  });

  /* --- When was somebody last here, in any tab ---------------------------------------------------------- */
  let touched = Date.now();
  let told = Date.now();
  let locked = false;
  const tabs = "BroadcastChannel" in window ? new BroadcastChannel("febris:idle:" + user) : null;
  const say = (what) => tabs && tabs.postMessage({ what, touched });

  const tellServer = async () => {
    told = Date.now();
    try {
      const answer = await fetch(active, { method: "POST", headers: { "X-CSRFToken": csrf, Accept: "application/json" } });
      if (answer.status === 423) cover();
    } catch { /* the live indicator says that the server is away */ }
  };
  const touch = () => {
    if (locked || isLockPage) return;
    const now = Date.now();
    if (now - touched >= lockAfter) { cover(); return; }
    touched = now;
    if (warning.open) warning.close();
    if (now - told >= TELL_SERVER_EVERY) { tellServer(); say("touched"); }
  };
  for (const kind of ["pointerdown", "keydown", "wheel", "touchstart"]) {
    document.addEventListener(kind, (event) => { if (event.isTrusted) touch(); }, { passive: true, capture: true });
  }

  const cover = () => {
    if (locked || isLockPage) return;
    locked = true;
    if (warning.open) warning.close();
    for (const form of document.forms) if (stored()[kept(form)]) keep(form);
    lockDialog.showModal();
    document.title = lockDialog.querySelector("h1").textContent + " · Febris";
  };
  const title = document.title;
  const uncover = () => {
    locked = false;
    touched = told = Date.now();
    document.title = title;
    if (lockDialog.open) lockDialog.close();
    for (const input of lockDialog.querySelectorAll("input[type=password]")) input.value = "";
    document.body.dispatchEvent(new CustomEvent("febris:unlocked"));
  };
  lockDialog.addEventListener("cancel", (event) => event.preventDefault());
  lockDialog.addEventListener("close", () => { if (locked) lockDialog.showModal(); });

  const left = warning.querySelector("[data-left]");
  const look = () => {
    if (locked || isLockPage) return;
    const rest = lockAfter - (Date.now() - touched);
    if (rest <= 0) { cover(); say("lock"); return; }
    if (rest <= warnBefore && !warning.open && !document.querySelector("dialog[open]")) warning.showModal();
    if (warning.open) {
      const seconds = Math.ceil(rest / 1000);
      left.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    }
  };
  setInterval(look, 1000);
  document.addEventListener("visibilitychange", look);
  warning.querySelector("[data-stay]").addEventListener("click", () => { touch(); tellServer(); say("touched"); });
  warning.querySelector("[data-lock-now]").addEventListener("click", async () => {
    cover();
    say("lock");
    await fetch(lock, { method: "POST", headers: { "X-CSRFToken": csrf, Accept: "application/json" } }).catch(() => {});
  });
  if (tabs) tabs.onmessage = ({ data }) => {
    if (data.what === "touched" && !locked) { touched = Math.max(touched, data.touched); if (warning.open) warning.close(); }
    if (data.what === "lock") cover();
    if (data.what === "unlock" && locked) uncover();
    if (data.what === "unlock" && isLockPage) location.reload();
  };

  /* --- Unlocking, in place ------------------------------------------------------------------------------ */
  const unlock = async (form, more) => {
    const body = new FormData(form);
    for (const [name, value] of Object.entries(more || {})) body.set(name, value);
    const problem = form.querySelector("[data-unlock-error]");
    problem.textContent = "";
    try {
      const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "application/json" } });
      if (answer.ok) { uncover(); say("unlock"); return; }
      if (answer.status === 401 || answer.redirected) { location.reload(); return; }
      const said = await answer.json();
      problem.textContent = said.detail + (said.until ? ` ${new Date(said.until).toLocaleTimeString()}` : "");
    } catch {
      problem.textContent = root.dataset.unreachable;
    }
  };
  for (const form of document.querySelectorAll("form[data-unlock]")) {
    const inPlace = lockDialog.contains(form);
    if (inPlace) form.addEventListener("submit", (event) => { event.preventDefault(); unlock(form); });
    const button = form.querySelector("[data-passkey]");
    if (!window.PublicKeyCredential || !button) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        const asked = await (await fetch(button.dataset.passkey, { headers: { Accept: "application/json" } })).json();
        const credential = await window.webauthnJSON.get(asked.request_options);
        if (inPlace) { await unlock(form, { credential: JSON.stringify(credential) }); return; }
        const answer = document.createElement("input");
        answer.type = "hidden";
        answer.name = "credential";
        answer.value = JSON.stringify(credential);
        form.append(answer);
        form.submit();
      } catch (error) {
        form.querySelector("[data-unlock-error]").textContent = error.message;
      }
    });
  }

  /* --- htmx: what a page asks for by itself is nobody's activity; 423 covers the page ------------------- */
  document.body.addEventListener("htmx:configRequest", (event) => {
    const by = event.detail.triggeringEvent;
    if (!by || !by.isTrusted) event.detail.headers["X-Febris-Background"] = "1";
    else told = Date.now();
  });
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.status === 423) { event.detail.shouldSwap = false; cover(); }
  });

  /* --- A page that somebody leaves goes where they go: its last poll may be answered "sign in" meanwhile --- */
  const LEAVING_MS = 10_000;
  let leftAt = -LEAVING_MS;
  window.addEventListener("beforeunload", () => { leftAt = performance.now(); });
  window.febrisIsLeft = () => performance.now() - leftAt < LEAVING_MS;
  document.body.addEventListener("htmx:beforeOnLoad", (event) => {
    if (window.febrisIsLeft()) event.preventDefault();
  });

  if (isLockPage) unsend();
  else if (root.dataset.kept) takeBack().then(() => { settleSent(); restore(); });
  else { settleSent(); restore(); }
})();
