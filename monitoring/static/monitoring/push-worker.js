/* Shows a push message while no page of Febris is open. What it says came sealed for this browser alone. */
"use strict";

self.addEventListener("push", (event) => {
  const said = event.data ? event.data.json() : {};
  event.waitUntil(
    self.registration.showNotification(said.title || "Febris", {
      body: said.body || "",
      tag: said.tag,
      data: { url: said.url || "/" },
      requireInteraction: true,
    })
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow(event.notification.data.url));
});
