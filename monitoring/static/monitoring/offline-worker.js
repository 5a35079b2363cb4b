/* Shows the form that was opened last when there is no network, with the clock put right; nothing else is kept.
   A form that nobody has touched for as long as the idle lock waits is not shown to anybody. */
"use strict";

(() => {
  const CACHE = "febris-entry";
  const FORM = /^\/infusions\/[0-9a-f-]{36}\/vitals\/new\/$/;
  const PARTS = /(?:src|href)="(\/[^"]+\.(?:js|css|svg))"/g;

  const store = async (path, response) => {
    if (!response.ok || response.redirected || response.type === "opaqueredirect") return;
    const text = await response.text();
    const headers = new Headers(response.headers);
    headers.delete("Content-Encoding");
    headers.delete("Content-Length");
    headers.set("X-Febris-Kept-At", String(Date.now()));
    const cache = await caches.open(CACHE);
    const parts = new Set([...text.matchAll(PARTS)].map((found) => found[1]));
    for (const kept of await cache.keys()) {
      const address = new URL(kept.url).pathname;
      if (address !== "/touched" && !parts.has(address)) await cache.delete(kept);
    }
    await cache.put(path, new Response(text, { status: 200, headers }));
    for (const part of parts) if (!(await cache.match(part))) await cache.add(part).catch(() => {});
  };

  const kept = async (path) => {
    const cache = await caches.open(CACHE);
    const [stored, touched] = await Promise.all([cache.match(path), cache.match("/touched")]);
    if (!stored) return Response.error();
    const text = await stored.text();
    const attribute = (name) => (new RegExp(`data-${name}="([^"]*)"`).exec(text) || [])[1] || "";
    const left = Date.now() - Number(touched ? await touched.text() : 0);
    if (left > Number(attribute("lock-after")) * 1000) {
      return new Response(attribute("left-alone"), { status: 503, headers: { "Content-Type": "text/plain; charset=utf-8" } });
    }
    const since = (Date.now() - Number(stored.headers.get("X-Febris-Kept-At"))) * (Number(attribute("rate")) || 1);
    const now = new Date(Date.parse(attribute("now")) + since).toISOString();
    const shown = text.replace(/data-now="[^"]*"/, `data-now="${now}" data-cached="yes"`);
    return new Response(shown, { status: 200, headers: stored.headers });
  };

  const form = async (event, path) => {
    try {
      const response = await fetch(event.request);
      if ([502, 503, 504].includes(response.status)) return kept(path);
      event.waitUntil(store(path, response.clone()));
      return response;
    } catch {
      return kept(path);
    }
  };
  const part = async (request) => {
    try { return await fetch(request); } catch (error) {
      const found = await caches.match(request, { cacheName: CACHE, ignoreVary: true });
      if (found) return found;
      throw error;
    }
  };

  self.addEventListener("install", () => self.skipWaiting());
  self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
  self.addEventListener("message", (event) => {
    const path = event.data && event.data.keep;
    if (!path || !FORM.test(path)) return;
    event.waitUntil(fetch(path, { headers: { "X-Febris-Background": "1" } }).then((response) => store(path, response)).catch(() => {}));
  });
  self.addEventListener("fetch", (event) => {
    const { request } = event;
    const { origin, pathname } = new URL(request.url);
    if (request.method !== "GET" || origin !== self.location.origin) return;
    if (request.mode === "navigate" && FORM.test(pathname)) event.respondWith(form(event, pathname));
    else if (["script", "style", "image"].includes(request.destination)) event.respondWith(part(request));
  });
})();
