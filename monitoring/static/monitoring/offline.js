// Sets that could not be sent: sealed in this browser for the person who typed them, sent in order when the network
// is back and that same person is signed in, shown with the reason where the server refuses one, never dropped.
// The key comes from the server at sign-in, is kept as one that cannot be read out, and goes when the person goes.
(() => {
  "use strict";
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
  const mine = async () => (await on("sets", "readonly", (sets) => sets.getAll())).filter((row) => row.user === user);
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
  const put = (parent, tag, text, className = "") => {
    const element = document.createElement(tag);
    element.textContent = text;
    element.className = className;
    parent.append(element);
    return element;
  };
  const SHAPES = { high: "▲", medium: "◆", low: "●" };
  const sent = [];
  let warned = false;
  const drawn = async () => {
    const rows = able ? await mine() : [];
    let place = document.getElementById("unsent");
    const away = warned || !navigator.onLine;
    if (!rows.length && !sent.length && !(away && document.getElementById("vitals"))) { if (place) place.remove(); return; }
    const main = document.querySelector("main");
    if (!place || !main.contains(place)) {
      if (place) place.remove();
      place = document.createElement("section");
      place.id = "unsent";
      place.className = "unsent";
      place.setAttribute("role", "alert");
      main.prepend(place);
    }
    const fresh = document.createDocumentFragment();
    if (away) put(fresh, "p", able ? words.away : words.unable);
    const list = document.createElement("ul");
    for (const row of rows) {
      const line = document.createElement("li");
      let item;
      try { item = await unseal(row); } catch { put(line, "b", words.sealed); list.append(line); continue; }
      put(line, "b", `${item.patient} · ${item.at.slice(-5)}`);
      for (const sign of item.signs) {
        if (sign.priority) put(line, "span", `${SHAPES[sign.priority]} ${sign.text} · ${words.notTold}`, `badge ${sign.priority}`);
      }
      put(line, "span", item.signs.filter((sign) => !sign.priority).map((sign) => sign.text).join(" · "), "number");
      if (row.refused) {
        put(line, "span", `${words.refused} ${item.reasons}`, "refused");
        const open = put(line, "a", words.open, "button small-button");
        open.href = `${item.address}?unsent=${row.id}`;
      } else put(line, "span", words.waiting, "muted");
      list.append(line);
    }
    if (list.children.length) fresh.append(list);
    for (const text of sent) put(fresh, "p", text, "muted");
    place.replaceChildren(fresh);
  };

  // --- Keeping and sending --------------------------------------------------------------------------------
  const warn = () => { warned = true; drawn(); };
  const keep = async (item) => {
    warned = true;
    try {
      if (!able || !(await key())) { drawn(); return false; }
      const sealed = await seal(item);
      const again = Number(new URLSearchParams(location.search).get("unsent"));
      const known = (await mine()).find((row) => row.id === again);
      await on("sets", "readwrite", (sets) => sets.put({ ...(known ? { id: again } : {}), user, ...sealed, refused: false }));
    } catch { drawn(); return false; }
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
      await on("sets", "readwrite", (sets) => sets.delete(row.id));
      sent.push(`${words.sent} ${item.patient} · ${item.at.slice(-5)}`);
      return true;
    }
    const reasons = [...page.querySelectorAll("#errors li")].map((line) => line.textContent.trim()).join(" ") || String(response.status);
    const sealed = await seal({ ...item, reasons });
    await on("sets", "readwrite", (sets) => sets.put({ ...row, ...sealed, refused: true }));
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
  const reopen = async () => {
    const form = document.getElementById("vitals");
    const again = Number(new URLSearchParams(location.search).get("unsent"));
    const row = form && again && (await mine()).find((each) => each.id === again);
    if (!row) return;
    const item = await unseal(row);
    const typed = new Map();
    item.pairs.forEach(([name, value]) => typed.set(name, [...(typed.get(name) || []), value]));
    for (const field of form.elements) {
      if (!field.name || ["opened_for", "csrfmiddlewaretoken"].includes(field.name) || ["submit", "button"].includes(field.type)) continue;
      const values = typed.get(field.name) || [];
      if (["checkbox", "radio"].includes(field.type)) field.checked = values.includes(field.value);
      else if (values.length) field.value = values[0];
    }
    form.elements.measured_at_at.dispatchEvent(new Event("input", { bubbles: true }));
    document.addEventListener("febris:answered", async () => {
      if (document.getElementById("saved")) { await on("sets", "readwrite", (sets) => sets.delete(again)); drawn(); }
    });
  };

  window.febrisUnsent = { keep, warn };
  window.addEventListener("offline", drawn);
  window.addEventListener("online", () => { warned = true; soon(); send(); });
  document.addEventListener("febris:answered", drawn);
  document.body.addEventListener("febris:unlocked", () => send());
  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-leave], .who") && able) forget(true);
  });

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
    await navigator.serviceWorker.register(words.worker, { scope: "/" });
    const ready = await navigator.serviceWorker.ready;
    if (!navigator.serviceWorker.controller) ready.active.postMessage({ keep: location.pathname });
  };

  (async () => {
    if (!able) { drawn(); return; }
    await forget(false);
    const onForm = document.getElementById("vitals");
    if (onForm) { reopen(); keepForm().catch(() => {}); takeKey(await askServer()).catch(() => {}); }
    await drawn();
    if ((await mine()).some((row) => !row.refused)) { await send(); soon(); }
  })();
})();
