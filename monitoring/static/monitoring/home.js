// The patient's page: takes the code out of the link, and keeps what was typed when there is no network.
// Without this script the page works too: the code is typed, and the browser itself says that it is offline.
"use strict";

(() => {
  const WAIT_MS = 20000;

  const enter = document.querySelector("form[data-code]");
  const code = decodeURIComponent(location.hash.slice(1));
  if (enter && code) {
    history.replaceState(null, "", location.pathname);
    enter.elements.code.value = code;
    enter.submit();
  }

  const print = document.querySelector("[data-print]");
  if (print) {
    print.hidden = false;
    print.addEventListener("click", () => window.print());
  }

  const offline = (form, is) => {
    const said = form.querySelector("[data-offline]");
    said.hidden = !is;
    if (is) said.scrollIntoView({ block: "center" });
  };

  const show = (html) => {
    const main = new DOMParser().parseFromString(html, "text/html").querySelector("main");
    document.querySelector("main").replaceWith(main);
    // Never a field: a phone would put its keyboard over what has to be read.
    const first = main.querySelector(".call, .wrong:not([hidden]), .due") || main;
    first.tabIndex = -1;
    first.scrollIntoView({ block: "center" });
    first.focus({ preventScroll: true });
  };

  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("form[data-send]")) return;
    event.preventDefault();
    if (form.getAttribute("aria-busy") === "true") return;
    const data = new URLSearchParams(new FormData(form));
    if (event.submitter && event.submitter.name) data.append(event.submitter.name, event.submitter.value);
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), WAIT_MS);
    form.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.action, { method: "POST", body: data, signal: stop.signal });
      if (answer.redirected) location.assign(answer.url);
      else if (answer.status < 500) show(await answer.text());
      else throw new Error("the server did not take it");
      offline(form, false);
    } catch {
      offline(form, true);
    } finally {
      clearTimeout(timer);
      form.removeAttribute("aria-busy");
    }
  });
})();
