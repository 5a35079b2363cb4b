// Keeps a page alive: follows the event stream, asks by itself when that is quiet, refreshes the fragments
// that an event names, and says NOT LIVE when nothing has been heard for 30 s. Ages count on regardless.
(() => {
  "use strict";

  const SILENCE_MS = 30_000;
  const QUIET_MS = 18_000;
  const SETTLE_MS = 300;
  const RETRY_MS = 5_000;

  const body = document.body;
  const live = document.getElementById("live");
  const banner = document.getElementById("not-live");

  // --- Clinical time: the server's, carried on from the moment the page was drawn --------------------
  const drawnAt = performance.now();
  const serverNow = Date.parse(body.dataset.now || "") || Date.now();
  const rate = Number(body.dataset.rate) || 1;
  const now = () => new Date(serverNow + (performance.now() - drawnAt) * rate);
  const zone = body.dataset.zone;
  const clockText = (moment) => moment.toLocaleTimeString("en-GB", { timeZone: zone || "UTC" }) + (zone ? "" : " UTC");

  const ageText = (minutes) => {
    const m = Math.floor(Math.abs(minutes));
    if (m < 60) return `${m} min`;
    if (m < 48 * 60) return `${Math.floor(m / 60)} h ${String(m % 60).padStart(2, "0")} min`;
    return `${Math.floor(m / 1440)} d`;
  };

  const countAges = () => {
    const at = now().getTime();
    document.querySelectorAll("[data-since]").forEach((element) => {
      const since = Date.parse(element.dataset.since);
      if (Number.isNaN(since)) return;
      const minutes = (at - since) / 60_000;
      const text = (Math.abs(minutes) < 1 && element.dataset.now) || (minutes >= 0 ? element.dataset.past || "%s" : element.dataset.ahead || "%s").replace("%s", ageText(minutes));
      if (element.textContent !== text) element.textContent = text;
      const interval = Number(element.dataset.interval);
      if (interval) {
        const cell = element.closest("[data-ageing]") || element;
        cell.classList.toggle("ageing", minutes > interval);
        cell.classList.toggle("stale", minutes > 2 * interval);
      }
    });
  };

  // --- Fragments: swapped when an event names what they show ------------------------------------------
  const waiting = new Map();
  const refresh = (element) => {
    if (waiting.has(element)) return;
    waiting.set(element, setTimeout(() => {
      waiting.delete(element);
      if (!element.isConnected || !window.htmx) return;
      window.htmx.trigger(element, "febris:changed");
    }, SETTLE_MS));
  };
  const refreshNamed = (name, infusion) => {
    document.querySelectorAll("[data-live-on]").forEach((element) => {
      const named = element.dataset.liveOn.split(" ").includes(name);
      const ours = !element.dataset.infusion || !infusion || element.dataset.infusion === infusion;
      if (named && ours) refresh(element);
    });
  };
  const refreshAll = () => { document.querySelectorAll("[data-live-on]").forEach(refresh); tell("missed"); };

  // Background requests say so, so that they never count as somebody being here.
  body.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.triggeringEvent && event.detail.triggeringEvent.type === "febris:changed") {
      event.detail.headers["X-Febris-Background"] = "1";
    }
  });
  // A fragment never takes the place of what somebody is typing in or reading by keyboard: focus stays.
  let focused = null;
  body.addEventListener("htmx:beforeSwap", () => { focused = document.activeElement && document.activeElement.id; });
  body.addEventListener("htmx:afterSettle", () => {
    const element = focused && document.getElementById(focused);
    if (element && document.activeElement !== element) element.focus({ preventScroll: true });
    countAges();
  });

  // Pages that patch themselves listen to these.
  const tell = (what, detail) => document.dispatchEvent(new CustomEvent(`febris:${what}`, { detail }));
  const second = () => { countAges(); tell("second", { now: now().getTime() }); };
  countAges();
  setInterval(second, 1_000);
  document.addEventListener("febris:drawn", countAges);
  if (!live) return;

  // --- Am I live? -------------------------------------------------------------------------------------
  let heardAt = performance.now();
  let heardClock = now();
  let wasLive = null;

  const heard = () => { heardAt = performance.now(); heardClock = now(); show(); };

  const show = () => {
    const silent = performance.now() - heardAt >= SILENCE_MS;
    if (silent !== (wasLive === false)) {
      body.classList.toggle("is-not-live", silent);
      banner.hidden = !silent;
      if (silent) banner.textContent = `${live.dataset.notLive} ${clockText(heardClock)} — ${live.dataset.useBedside}`;
    }
    wasLive = !silent;
    live.classList.toggle("on", !silent);
    live.querySelector(".live-text").textContent = silent
      ? `${live.dataset.notLive} ${clockText(heardClock)}`
      : `${live.dataset.live} ${clockText(now())}`;
  };

  // --- The stream, and asking when there is none ------------------------------------------------------
  const seen = new Set();
  let source = null;

  // An event that cannot be read still means: look.
  const parsed = (event) => { try { return JSON.parse(event.data || "{}"); } catch { return {}; } };
  const received = (event) => {
    heard();
    if (event.type === "heartbeat") { tell("heartbeat", parsed(event)); return; }
    if (event.type === "reset" || event.type === "resync") { refreshAll(); return; }
    const data = parsed(event);
    const key = data.row || data.log || event.lastEventId + event.type + event.data;
    if (seen.has(key)) return;
    seen.add(key);
    if (seen.size > 2_000) seen.clear();
    const infusion = data.infusion || (data.alert && data.alert.infusion) || "";
    refreshNamed(event.type, infusion);
    tell("event", { name: event.type, infusion });
  };

  const connect = () => {
    if (!window.EventSource) return;
    source = new EventSource(live.dataset.stream);
    ["alert", "reading", "heartbeat", "reset", "resync", "message"].forEach((name) => source.addEventListener(name, received));
    // Each opening has missed what came since the page was drawn or the stream broke: everything is read again.
    source.addEventListener("open", () => { refreshAll(); heard(); });
    source.addEventListener("error", () => {
      if (source.readyState === EventSource.CLOSED) setTimeout(connect, RETRY_MS);
    });
  };

  // Asked only while the stream is quiet: soon enough that a page which can still be refreshed stays live.
  let askedAt = -Infinity;
  const ask = async () => {
    if (performance.now() - heardAt < QUIET_MS || performance.now() - askedAt < QUIET_MS) return;
    askedAt = performance.now();
    try {
      const answer = await fetch(live.dataset.pulse, {
        headers: { "X-Febris-Background": "1" },
        credentials: "same-origin",
        cache: "no-store",
        redirect: "error",
        signal: AbortSignal.timeout(8_000),
      });
      if (answer.ok) { heard(); refreshAll(); }
    } catch { /* not heard: the banner says so */ }
  };

  connect();
  setInterval(() => { ask(); show(); }, 1_000);
  window.addEventListener("pagehide", () => source && source.close());
  show();
})();
