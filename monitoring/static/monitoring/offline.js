// Sets that could not be sent: sealed in this browser for the person who typed them, sent in order when the network
// is back and that same person is signed in, shown with the reason where the server refuses one, never dropped.
// The key comes from the server at sign-in, is kept as one that cannot be read out, and goes when the person goes.
(() => {
  "use strict";
  const { put, fill, SHAPES } = window.febrisElements;
  const idle = document.getElementById("idle");
  const words = (document.getElementById("unsent-words") || {}).dataset;
  if (!idle || !words) return;
  const user = idle.dataset.user;
  const CACHE = "febris-entry";
  const TRY_MS = 4_000;
  const WAIT_MS = 12_000;
  const TOUCH_MS = 5_000;
  const able = Boolean(window.indexedDB && window.crypto && crypto.subtle);
  const background = { "X-Febris-Background": "1" };

  // --- Where they are kept ----------------------------------------------------------------------------
  const asked = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  let opening;
  const store = () => {
    opening = opening || new Promise((resolve, reject) => {
      const request = indexedDB.open("febris-unsent", 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore("keys");
        request.result.createObjectStore("sets", { keyPath: "id", autoIncrement: true });
      };
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    return opening;
  };
  const on = async (name, mode, act) => asked(act((await store()).transaction(name, mode).objectStore(name)));
  const key = () => on("keys", "readonly", (keys) => keys.get(user));
  const all = () => on("sets", "readonly", (sets) => sets.getAll());
  const mine = async () => (await all()).filter((row) => row.user === user);
  const change = (act) => on("sets", "readwrite", act);
  const seal = async (item) => {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await key(), new TextEncoder().encode(JSON.stringify(item)));
    return { iv, sealed };
  };
  const unseal = async (row) => {
    const text = await crypto.subtle.decrypt({ name: "AES-GCM", iv: row.iv }, await key(), row.sealed);
    return JSON.parse(new TextDecoder().decode(text));
  };

  // Who is signed in, as the server says; null where it cannot be asked or the session is locked.
  const askServer = async () => {
    try {
      const response = await fetch(words.opening, { headers: { ...background, Accept: "application/json" }, redirect: "error", cache: "no-store", signal: AbortSignal.timeout(WAIT_MS) });
      return response.ok ? await response.json() : null;
    } catch { return null; }
  };
  const takeKey = async (said) => {
    if (!said || said.user !== user) return false;
    const bytes = Uint8Array.from(atob(said.key), (letter) => letter.charCodeAt(0));
    const imported = await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
    await on("keys", "readwrite", (keys) => keys.put(imported, user));
    return true;
  };
  // Without the key nothing could be kept: it is asked for until there is an answer.
  const fetchKey = async () => {
    const said = await askServer();
    if (said) await takeKey(said);
    else setTimeout(fetchKey, WAIT_MS);
  };
  // Whoever else was here before leaves nothing that could be read: their sets stay sealed until they are back.
  const forget = async (everybody) => {
    const keys = await on("keys", "readonly", (each) => each.getAllKeys());
    const gone = keys.filter((owner) => everybody || owner !== user);
    for (const owner of gone) await on("keys", "readwrite", (each) => each.delete(owner));
    const owner = localStorage.getItem("febris:form-of");
    if (window.caches && (everybody || (owner && owner !== user))) await caches.delete(CACHE);
    if (everybody) localStorage.removeItem("febris:form-of");
  };

  // --- What people see ----------------------------------------------------------------------------------
  const sent = [];
  let warned = false;
  let keyless = false;
  let asking = null; // the rows that are to be discarded, and the form that asks why
  const button = (parent, text, act, className = "small-button") => {
    const element = put(parent, "button", text, className);
    element.type = "button";
    element.addEventListener("click", act);
    return element;
  };
  const discarding = (line, rows, first) => {
    if (asking && asking.rows.some((each) => rows.some((row) => row.id === each.id))) line.append(asking.form);
    else button(line, words.discard, () => askWhy(rows, first), "small-button danger");
  };
  const drawMine = async (line, row) => {
    let item;
    try { item = await unseal(row); } catch {
      put(line, "b", words.sealed);
      discarding(line, [row], "");
      return;
    }
    put(line, "b", `${item.patient} · ${item.at.slice(-5)}`);
    for (const sign of item.signs) {
      if (sign.priority) put(line, "span", `${SHAPES[sign.priority]} ${sign.text} · ${words.notTold}`, `badge ${sign.priority}`);
    }
    put(line, "span", item.signs.filter((sign) => !sign.priority).map((sign) => sign.text).join(" · "), "number");
    if (!row.refused) { put(line, "span", words.waiting, "muted"); return; }
    put(line, "span", `${words.refused} ${item.reasons}`, "refused");
    if (!item.closed) put(line, "a", words.open, "button small-button").href = `${item.address}?unsent=${row.id}`;
    button(line, words.again, async () => { await change((sets) => sets.put({ ...row, refused: false })); await drawn(); send(); });
    discarding(line, [row], `${item.patient} · ${item.at.slice(-5)}`);
  };
  // Of what others have typed here nothing can be read but whose it is, how many sets, and since when.
  const drawOthers = (list, rows) => {
    for (const owner of new Set(rows.map((row) => row.user))) {
      const theirs = rows.filter((row) => row.user === owner);
      const name = theirs[0].name || words.somebody;
      const since = theirs[0].keptAt ? new Date(theirs[0].keptAt).toLocaleString(document.documentElement.lang, { day: "2-digit", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: theirs[0].zone }) : "?";
      const line = put(list, "li");
      put(line, "b", fill(words.others, name, theirs.length, since));
      put(line, "span", fill(words.othersReturn, name), "muted");
      if ("mayClear" in words) discarding(line, theirs, `${name} · ${theirs.length}`);
    }
  };
  const draw = async () => {
    const rows = able ? await all() : [];
    const away = warned || !navigator.onLine;
    let place = document.getElementById("unsent");
    if (!rows.length && !sent.length && !(away && document.getElementById("vitals"))) { if (place) place.remove(); return; }
    const main = document.querySelector("main");
    if (!place || !main.contains(place)) {
      if (place) place.remove();
      place = document.createElement("section");
      place.id = "unsent";
      place.className = "unsent";
      place.tabIndex = -1;
      place.setAttribute("role", "alert");
      main.prepend(place);
    }
    const fresh = document.createDocumentFragment();
    if (away) put(fresh, "p", able && !keyless ? words.away : words.unable);
    const list = document.createElement("ul");
    for (const row of rows.filter((each) => each.user === user)) await drawMine(put(list, "li"), row);
    drawOthers(list, rows.filter((each) => each.user !== user));
    if (list.children.length) fresh.append(list);
    for (const text of sent) put(fresh, "p", text, "muted");
    const focused = document.activeElement;
    place.replaceChildren(fresh);
    if (place.contains(focused)) focused.focus(); // what was being typed goes on
  };
  let drawing = Promise.resolve();
  const drawn = () => { drawing = drawing.then(draw, draw); return drawing; };

  // --- Discarding: asked with a reason; the server keeps what was typed, sealed until then, and who gave it up ---
  const askWhy = async (rows, first) => {
    const form = document.createElement("form");
    form.className = "discard";
    form.dataset.noKeep = "";
    put(form, "p", first ? fill(words.discardAsk, first) : words.discardBlind);
    const label = put(form, "label", words.discardWhy);
    const why = put(label, "input");
    Object.assign(why, { type: "text", name: "reason", required: true, minLength: 3, maxLength: 200, autocomplete: "off" });
    put(form, "button", words.discardYes, "small-button danger").type = "submit";
    button(form, words.discardNo, () => { asking = null; drawn(); });
    const trouble = put(form, "p", "", "errors");
    trouble.setAttribute("role", "alert");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      trouble.textContent = "";
      if (!(await discard(rows, why.value))) { trouble.textContent = words.discardAway; return; }
      asking = null;
      sent.push(fill(words.discarded, first || words.somebody));
      await drawn();
      document.getElementById("unsent").focus();
    });
    asking = { rows, form };
    await drawn();
    why.focus();
  };
  const text64 = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));
  const discard = async (rows, reason) => {
    const said = await askServer();
    if (!said) return false;
    for (const row of rows) {
      const data = new FormData();
      const parts = { owner: row.user, iv: text64(row.iv), sealed: text64(row.sealed), reason, csrfmiddlewaretoken: said.csrf };
      for (const [name, value] of Object.entries(parts)) data.set(name, value);
      try {
        const response = await fetch(words.giveUp, { method: "POST", body: data, redirect: "error", signal: AbortSignal.timeout(WAIT_MS) });
        if (!response.ok) return false;
      } catch { return false; }
      await change((sets) => sets.delete(row.id));
    }
    return true;
  };

  // --- Keeping and sending --------------------------------------------------------------------------------
  const warn = () => { warned = true; drawn(); };
  const keep = async (item) => {
    warned = true;
    try {
      keyless = !able || !(await key());
      if (keyless) { drawn(); return false; }
      const row = { user, name: words.person, keptAt: new Date().toISOString(), zone: document.body.dataset.zone, ...await seal(item), refused: false };
      // Only the set that was opened again takes its place; the next one typed in this page is another.
      if (reopened) row.id = reopened;
      await change((sets) => sets.put(row));
      reopened = 0;
    } catch { keyless = true; drawn(); return false; }
    await drawn();
    soon();
    return true;
  };
  const post = async (row, item, csrf) => {
    const data = new FormData();
    item.pairs.forEach(([name, value]) => data.append(name, value));
    data.set("csrfmiddlewaretoken", csrf);
    const response = await fetch(item.address, { method: "POST", body: data, headers: background, redirect: "manual", cache: "no-store", signal: AbortSignal.timeout(WAIT_MS) });
    if (response.type === "opaqueredirect" || [401, 423, 429].includes(response.status) || response.status >= 500) return false;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (response.ok && page.getElementById("saved")) {
      await change((sets) => sets.delete(row.id));
      sent.push(`${words.sent} ${item.patient} · ${item.at.slice(-5)}`);
      return true;
    }
    const errors = [...page.querySelectorAll("#errors li")].map((line) => line.textContent.trim()).join(" ");
    const closed = [403, 404].includes(response.status); // there is no form to put it right in
    const reasons = errors || (closed ? words.noEntry : fill(words.otherwise, response.status));
    const sealed = await seal({ ...item, reasons, closed });
    await change((sets) => sets.put({ ...row, ...sealed, refused: true }));
    return true;
  };
  const flush = async () => {
    const rows = (await mine()).filter((row) => !row.refused);
    if (!rows.length) { if (warned && await askServer()) { warned = false; drawn(); } return; }
    const said = await askServer();
    if (!said || !(await takeKey(said))) return;
    warned = false;
    for (const row of rows) {
      let item;
      try { item = await unseal(row); } catch { continue; }
      try { if (!(await post(row, item, said.csrf))) break; } catch { warned = true; break; }
    }
    drawn();
  };
  let running = false;
  const send = async () => {
    if (running || !able) return;
    running = true;
    try {
      if (navigator.locks) await navigator.locks.request("febris-unsent", { ifAvailable: true }, (lock) => lock && flush());
      else await flush();
    } finally { running = false; }
  };
  let waiting;
  const soon = () => { clearTimeout(waiting); waiting = setTimeout(async () => { await send(); if (warned || (await mine()).some((row) => !row.refused)) soon(); }, TRY_MS); };

  // A refused set is opened in the form again as it was typed; saving it takes its place here.
  let reopened = 0;
  const reopen = async () => {
    const form = document.getElementById("vitals");
    const again = Number(new URLSearchParams(location.search).get("unsent"));
    const row = form && again && (await mine()).find((each) => each.id === again);
    if (!row) return;
    const item = await unseal(row);
    reopened = row.id;
    history.replaceState(null, "", location.pathname);
    const typed = new Map();
    item.pairs.forEach(([name, value]) => typed.set(name, [...(typed.get(name) || []), value]));
    for (const field of form.elements) {
      if (!field.name || ["opened_for", "csrfmiddlewaretoken"].includes(field.name) || ["submit", "button"].includes(field.type)) continue;
      const values = typed.get(field.name) || [];
      if (["checkbox", "radio"].includes(field.type)) field.checked = values.includes(field.value);
      else if (values.length) field.value = values[0];
    }
    form.elements.measured_at_at.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const answered = async () => {
    if (reopened && document.getElementById("saved")) {
      const done = reopened;
      reopened = 0;
      await change((sets) => sets.delete(done));
    }
    drawn();
  };

  window.febrisUnsent = { keep, warn };
  window.addEventListener("offline", drawn);
  window.addEventListener("online", () => { warned = true; soon(); send(); });
  document.addEventListener("febris:answered", answered);
  document.body.addEventListener("febris:unlocked", () => send());
  // Whoever leaves the device takes their key along, and sends first what can be sent. While Febris cannot be reached
  // nobody else could come in: then leaving would only lose what was typed.
  const isReached = () => fetch(words.opening, { headers: background, redirect: "manual", cache: "no-store", signal: AbortSignal.timeout(WAIT_MS) })
    .then((response) => response.status < 500, () => false);
  let isLeaving = false;
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (isLeaving || !able || !form.matches("[data-leave], [data-switch]")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (await isReached()) {
      await send();
      await forget(true);
      isLeaving = true;
      form.requestSubmit();
      return;
    }
    const note = form.querySelector(".errors") || put(form, "p", "", "errors");
    note.setAttribute("role", "alert");
    note.textContent = words.stay;
  }, true);

  // --- The form without a network: a service worker shows the last one that was opened -----------------------
  const keepForm = async () => {
    if (!("serviceWorker" in navigator) || !document.getElementById("vitals") || !window.caches) return;
    localStorage.setItem("febris:form-of", user);
    const touched = async () => (await caches.open(CACHE)).put("/touched", new Response(String(Date.now())));
    if (!("cached" in document.body.dataset)) touched();
    let last = 0;
    document.addEventListener("keydown", (event) => {
      if (event.isTrusted && Date.now() - last > TOUCH_MS) { last = Date.now(); touched(); }
    }, { passive: true });
    document.addEventListener("pointerdown", (event) => { if (event.isTrusted) touched(); }, { passive: true });
    // A worker that comes only now takes the page over, but has not seen it come: it must be told of it.
    const hasSeen = Boolean(navigator.serviceWorker.controller);
    await navigator.serviceWorker.register(words.worker, { scope: "/" });
    const ready = await navigator.serviceWorker.ready;
    if (!hasSeen) ready.active.postMessage({ keep: location.pathname });
  };

  (async () => {
    if (!able) { drawn(); return; }
    await forget(false);
    const onForm = document.getElementById("vitals");
    if (onForm) { reopen(); keepForm().catch(() => {}); fetchKey().catch(() => {}); }
    await drawn();
    if ((await mine()).some((row) => !row.refused)) { await send(); soon(); }
  })();
})();
