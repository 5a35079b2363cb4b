// Reminds whoever asked for it, on this device, that the next set of a patient is due. Kept here alone, by person,
// with the number of the subject and no name; what is overdue rings by itself, whether or not anybody asked.
(() => {
  "use strict";

  const KEPT = "febris:reminders";
  const GONE_MS = 6 * 3_600_000;
  const LOOK_MS = 1_000;

  const place = document.getElementById("reminders");
  if (!place) return;
  const { person } = place.dataset;
  const rate = Number(document.body.dataset.rate) || 1;
  const skew = Date.now() - (Date.parse(document.body.dataset.now || "") || Date.now());

  const all = () => { try { return JSON.parse(localStorage.getItem(KEPT)) || {}; } catch { return {}; } };
  const mine = () => (all()[person] || []).filter(({ at }) => Date.now() - at < GONE_MS);
  const keep = (list) => {
    try { localStorage.setItem(KEPT, JSON.stringify({ ...all(), [person]: list })); return true; } catch { return false; }
  };
  const drop = (to) => keep(mine().filter((each) => each.to !== to));
  // The moment on this device's own clock: that of the wards may run faster in a demonstration.
  const here = (text) => {
    const drawn = Date.parse(document.body.dataset.now);
    return drawn + skew + (Date.parse(text) - drawn) / rate;
  };

  // --- What is due, above whatever page is open -----------------------------------------------------------------
  const shown = new Map();
  const show = (each) => {
    const line = document.getElementById("reminder").content.cloneNode(true).firstElementChild;
    const link = line.querySelector("a");
    link.href = each.to;
    link.textContent = link.dataset.said.replace("{}", each.of).replace("{}", each.clock);
    line.querySelector("button").addEventListener("click", () => { drop(each.to); look(); });
    place.append(line);
    shown.set(each.to, line);
  };
  const look = () => {
    const due = mine().filter(({ at }) => at <= Date.now());
    due.filter(({ to }) => !shown.has(to)).forEach(show);
    shown.forEach((line, to) => {
      if (due.some((each) => each.to === to)) return;
      line.remove();
      shown.delete(to);
    });
  };

  // --- Where it is asked for: beside the due time of a set just saved -------------------------------------------
  // The result comes into the page that is open, so it is looked for now and then.
  let heading = null;
  const read = (button) => {
    const isSet = mine().some(({ to }) => to === button.dataset.to);
    button.setAttribute("aria-pressed", String(isSet));
    const text = isSet ? button.dataset.on : button.dataset.off;
    if (button.textContent !== text) button.textContent = text;
    button.hidden = false;
  };
  const offer = () => {
    const saved = document.getElementById("saved");
    if (saved && saved !== heading) drop(location.pathname);
    heading = saved;
    const button = document.getElementById("remind");
    if (button) read(button);
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("#remind");
    if (!button) return;
    const { to, of, at, clock } = button.dataset;
    const isSet = mine().some((each) => each.to === to);
    drop(to);
    if (!isSet && !keep([...mine(), { to, of, clock, at: here(at) }])) button.disabled = true;
    read(button);
  });
  if (mine().some(({ to, at }) => to === location.pathname && at <= Date.now())) drop(location.pathname);

  const turn = () => { offer(); look(); };
  document.addEventListener("htmx:afterSettle", turn);
  turn();
  setInterval(turn, LOOK_MS);
})();
