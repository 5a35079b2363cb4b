/* Asks this browser for a push subscription and posts it as a form. Without it the page says what is missing. */
"use strict";

(() => {
  const form = document.getElementById("push");
  if (!form) return;
  const button = form.querySelector("button");
  const said = document.getElementById("push-said");

  if (!("serviceWorker" in navigator) || !("PushManager" in window)) {
    said.textContent = form.dataset.impossible;
    return;
  }
  button.disabled = false;
  said.textContent = "";

  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));

  form.addEventListener("submit", async (event) => {
    if (form.elements.subscription.value) return;
    event.preventDefault();
    button.disabled = true;
    try {
      const worker = await navigator.serviceWorker.register(form.dataset.worker, { scope: "/" });
      await navigator.serviceWorker.ready;
      const known = await worker.pushManager.getSubscription();
      if (known) await known.unsubscribe();
      const subscription = await worker.pushManager.subscribe({
        userVisibleOnly: true,
        applicationServerKey: bytes(form.dataset.key),
      });
      form.elements.subscription.value = JSON.stringify(subscription);
      form.submit();
    } catch (error) {
      said.textContent = form.dataset.refused + " (" + error.name + ")";
      button.disabled = false;
    }
  });
})();
