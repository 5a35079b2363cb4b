// The bedside form by keyboard: Enter goes to the next sign, Ctrl+Enter saves, 120/80 splits, every number is
// looked at when it is left, and the result comes in the place of the form. The server decides everything else.
(() => {
  "use strict";
  const body = document.body;
  const { number, celsius, judge, suggest, priority, plain } = window.febrisPlausible || {};
  const { put, fill, SHAPES } = window.febrisElements;
  const drawnAt = performance.now();
  const serverNow = Date.parse(body.dataset.now || "") || Date.now();
  const rate = Number(body.dataset.rate) || 1;
  const clinicalNow = () => new Date(serverNow + (performance.now() - drawnAt) * rate);
  const LATE_MS = 60 * 60_000;
  const WAIT_MS = 12_000;
  const SIGNALS = { temperature: "temperature_c" };

  const begin = (form) => {
    const words = form.dataset;
    const figures = JSON.parse(words.figures);
    const ranged = Object.keys(figures.ranges);
    const field = (name) => form.elements[name];
    const save = document.getElementById("save");
    const beside = (name) => form.querySelector(`[data-beside="${name}"] .says`);

    // A token of its own for each opening, also where the page itself was kept from before.
    if (words.bound !== "yes" && words.fixing !== "yes") field("form_token").value = crypto.randomUUID ? crypto.randomUUID() : field("form_token").value;

    // --- Moving on: from sign to sign ------------------------------------------------------------------
    const groupOf = (name) => {
      const all = [...form.querySelectorAll(`[name="${name}"]`)];
      return all.find((each) => each.checked) || all[0];
    };
    const stops = () => [
      ...ranged.map(field), groupOf("rigors"), groupOf("consciousness"), groupOf("symptoms"), field("concerned"), save,
    ].filter((element) => element && !element.disabled);
    const goOn = (from) => {
      const line = from.closest("fieldset, .concern");
      const next = stops().find((element) =>
        from.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING
        && !(line && line.contains(element))
        && !(element.name === "diastolic_mmhg" && element.value.trim()));
      if (!next) return;
      next.focus();
      if (next.type === "text") next.select();
    };
    form.addEventListener("keydown", (event) => {
      const target = event.target;
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        form.requestSubmit(save);
        return;
      }
      if (event.key === "Enter") {
        if (target.matches("button, a, textarea, summary")) return;
        event.preventDefault();
        if (target.matches(".fault input")) { target.checked = true; save.focus(); return; }
        if (target === systolic) split();
        const ask = ranged.includes(target.name) && look(target.name);
        if (ask) ask.focus(); else goOn(target);
        return;
      }
      // A letter or a digit chooses an answer while its group has the focus.
      if (target.type === "radio" && event.key.length === 1 && !event.ctrlKey && !event.altKey && !event.metaKey) {
        const all = [...form.querySelectorAll(`[name="${target.name}"]`)];
        const key = event.key.toLowerCase();
        const chosen = all[Number(key) - 1]
          || all.find((each) => each.parentElement.textContent.trim().toLowerCase().startsWith(key));
        if (chosen) { event.preventDefault(); chosen.checked = true; chosen.focus(); changed(chosen); }
      }
    });
    const changed = (element) => {
      element.dispatchEvent(new Event("input", { bubbles: true }));
      element.dispatchEvent(new Event("change", { bubbles: true }));
    };
    form.addEventListener("focusin", (event) => { if (event.target.matches("input[type=text]")) event.target.select(); });

    // --- 120/80 ----------------------------------------------------------------------------------------
    const systolic = field("systolic_mmhg");
    const diastolic = field("diastolic_mmhg");
    const split = () => {
      const parts = /^\s*(\d{2,3})\s*[/ ]\s*(\d{2,3})\s*$/.exec(systolic.value);
      if (!parts) return;
      systolic.value = parts[1];
      diastolic.value = parts[2];
      look("diastolic_mmhg");
    };

    // --- Each number when it is left -------------------------------------------------------------------
    const answered = (kind, name) =>
      [...form.querySelectorAll(`input[type=hidden][name="${kind}"], .said input[name="${kind}"]:checked`)]
        .some((each) => each.value === `${name}=${field(name).value.trim()}`);
    const answer = (kind, name) => {
      form.querySelectorAll(`input[type=hidden][name="${kind}"]`).forEach((each) => { if (each.value.startsWith(`${name}=`)) each.remove(); });
      const input = document.createElement("input");
      Object.assign(input, { type: "hidden", name: kind, value: `${name}=${field(name).value.trim()}` });
      form.append(input);
    };
    const unit = () => (form.querySelector("[name=temperature_unit]:checked") || {}).value || "C";
    const valueOf = (name) => {
      const value = number(field(name).value);
      return name === "temperature" && unit() === "F" ? celsius(value) : value;
    };
    const button = (place, text, act) => {
      const element = put(place, "button", text);
      element.type = "button";
      element.addEventListener("click", () => { act(); look(place.parentElement.dataset.beside); goOn(field(place.parentElement.dataset.beside)); });
      return element;
    };
    // Says what there is to say beside the box; the first button of an open question, or nothing.
    const look = (name) => {
      const place = beside(name);
      const input = field(name);
      const text = input.value.trim();
      place.textContent = "";
      blanks();
      if (!text) return null;
      if (form.querySelector(`.said[data-field="${name}"]`)) return null; // the server has asked already
      const typed = number(text);
      if (Number.isNaN(typed)) { put(place, "span", fill(words.wordNotNumber, text), "asks"); input.setAttribute("aria-invalid", "true"); return null; }
      input.removeAttribute("aria-invalid");
      const range = figures.ranges[name];
      const value = valueOf(name);
      const said = judge(range, value);
      const shown = name === "temperature" ? `${text} °${unit()}` : `${text} ${range.unit}`;
      const stands = said !== "impossible" && (said !== "implausible" || answered("verified", name));
      const slip = suggest(name, range, typed, unit());
      let ask = null;
      if (stands) {
        const urgent = priority(figures.limits, SIGNALS[name] || name, value, field("temperature_site").value);
        if (urgent) put(place, "span", `${SHAPES[urgent]} ${words["word" + urgent[0].toUpperCase() + urgent.slice(1)]}`, `badge ${urgent}`);
        const base = figures.baseline[name];
        if (base !== undefined) {
          const by = Math.round((value - Number(base)) * 10) / 10;
          const sign = by > 0 ? "+" : by < 0 ? "−" : "±";
          put(place, "span", fill(words.wordBaseline, sign + plain(Math.abs(by))), "delta");
        }
      }
      if (said !== "fine" && !answered("confirmed", name) && !answered("verified", name)) {
        put(place, "span", said === "unusual" ? fill(words.wordUnusual, shown) : fill(words.wordOutside, shown, range.hard[0], range.hard[1]), "asks");
        if (slip) ask = button(place, fill(words.wordUse, slip.shown), () => {
          input.value = slip.text;
          if (slip.unit) form.querySelector(`[name=temperature_unit][value=${slip.unit}]`).checked = true;
          changed(input);
        });
        if (said === "unusual") ask = ask || button(place, fill(words.wordRight, shown), () => answer("confirmed", name));
        if (said === "unusual" && slip) button(place, fill(words.wordRight, shown), () => answer("confirmed", name));
        if (said === "implausible" && !(name === "temperature" && slip)) {
          const repeat = button(place, fill(words.wordVerified, shown), () => answer("verified", name));
          ask = ask || repeat;
        }
      } else if (name === "diastolic_mmhg" && number(systolic.value) <= value && !answered("confirmed", name)) {
        put(place, "span", words.wordCrossed, "asks");
        ask = button(place, fill(words.wordRight, `${systolic.value}/${text}`), () => answer("confirmed", name));
      }
      return ask;
    };
    form.addEventListener("focusout", (event) => {
      if (event.target === systolic) split();
      const name = event.target.name;
      // Whoever goes to the question itself must find it still there.
      if (ranged.includes(name) && !(event.relatedTarget && beside(name).contains(event.relatedTarget))) look(name);
    });
    form.addEventListener("input", (event) => {
      const asked = form.querySelector(`.said[data-field="${event.target.name}"]`);
      if (asked && ranged.includes(event.target.name)) asked.remove();
    });
    form.addEventListener("change", (event) => {
      if (["temperature_unit", "temperature_site"].includes(event.target.name)) look("temperature");
      blanks();
    });

    // --- What is blank, said where the set is saved ------------------------------------------------------
    const blanks = () => {
      const place = document.getElementById("blanks");
      const titles = { temperature: "l-temperature", systolic_mmhg: "l-pressure", heart_rate_bpm: "l-heart", respiratory_rate_per_min: "l-breath", spo2_percent: "l-oxygen" };
      const empty = Object.entries(titles)
        .filter(([name]) => !field(name).value.trim() && !(name === "systolic_mmhg" && field("bp_unrecordable").checked))
        .filter(([name]) => !field(`absent_${name}`).value)
        .map(([, id]) => document.getElementById(id).textContent.trim());
      const typed = empty.length < Object.keys(titles).length;
      place.textContent = typed && empty.length ? fill(words.wordBlank, empty.join(", ")) : "";
    };

    // --- The time of measuring ---------------------------------------------------------------------------
    const zone = body.dataset.zone || undefined;
    const day = field("measured_at_on");
    const hour = field("measured_at_at");
    const late = form.querySelector(".late");
    let touched = words.bound === "yes" || words.fixing === "yes";
    const shownAs = (moment) => {
      const parts = Object.fromEntries(new Intl.DateTimeFormat("en-CA", {
        timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
      }).formatToParts(moment).map((part) => [part.type, part.value]));
      return [`${parts.year}-${parts.month}-${parts.day}`, `${parts.hour}:${parts.minute}`];
    };
    const putTime = (moment) => { [day.value, hour.value] = shownAs(moment); };
    const askWhyLate = () => {
      const [oldDay, oldHour] = shownAs(new Date(clinicalNow().getTime() - LATE_MS));
      const typed = /^\d{1,2}[:.]?\d{2}$/.test(hour.value.trim()) ? hour.value.trim().replace(".", ":").padStart(5, "0") : "";
      if (typed) late.hidden = `${day.value} ${typed}` >= `${oldDay} ${oldHour}`;
    };
    [day, hour].forEach((input) => {
      input.addEventListener("input", () => { touched = true; });
      input.addEventListener("change", askWhyLate);
    });
    const ticking = setInterval(() => {
      if (!form.isConnected) { clearInterval(ticking); return; }
      if (!touched && document.activeElement !== hour && document.activeElement !== day) putTime(clinicalNow());
    }, 1_000);
    if (!touched) putTime(clinicalNow());
    const chips = form.querySelector(".chips");
    chips.hidden = false;
    chips.addEventListener("click", (event) => {
      const minutes = Number(event.target.dataset.minutes);
      if (!minutes) return;
      touched = true;
      putTime(new Date(clinicalNow().getTime() - minutes * 60_000));
      late.hidden = true;
    });

    // --- Concern: typing what it is says that there is one; Alt+C goes there ------------------------------
    field("concern").addEventListener("input", () => { if (field("concern").value) field("concerned").checked = true; });

    // --- Saving, once, in place ----------------------------------------------------------------------------
    let asked = "";
    const openQuestion = () => {
      const first = ranged.map((name) => [name, look(name)]).find(([name, ask]) => ask || field(name).getAttribute("aria-invalid") === "true");
      return first && (first[1] || field(first[0]));
    };
    const busy = (is) => {
      if (is) { save.setAttribute("aria-busy", "true"); save.firstElementChild.textContent = words.saving; }
      else { save.removeAttribute("aria-busy"); save.firstElementChild.textContent = saveText; }
    };
    const saveText = save.firstElementChild.textContent;
    const urgentNow = () => ranged
      .filter((name) => field(name).value.trim() && !Number.isNaN(valueOf(name)))
      .map((name) => ({ name, text: field(name).value.trim(), priority: priority(figures.limits, SIGNALS[name] || name, valueOf(name), field("temperature_site").value) }));
    form.addEventListener("submit", async (event) => {
      if (save.getAttribute("aria-busy") === "true") { event.preventDefault(); return; }
      split();
      const submitter = event.submitter || save;
      if (submitter === save) {
        const question = openQuestion();
        const typed = ranged.map((name) => field(name).value).join("|");
        if (question && (asked !== typed || !navigator.onLine)) {
          event.preventDefault();
          asked = typed;
          question.focus();
          return;
        }
      }
      event.preventDefault();
      busy(true);
      const data = new FormData(form, submitter);
      let answerPage;
      try {
        const response = await fetch(form.action || location.href, {
          method: "POST", body: data, credentials: "same-origin", redirect: "manual", signal: AbortSignal.timeout(WAIT_MS),
        });
        if ([502, 503, 504].includes(response.status)) throw new TypeError("no server");
        if (response.type === "opaqueredirect" || [401, 403, 423].includes(response.status)) { form.submit(); return; }
        answerPage = new DOMParser().parseFromString(await response.text(), "text/html");
      } catch {
        busy(false);
        const unsent = window.febrisUnsent;
        if (submitter !== save || words.fixing === "yes") { if (unsent) unsent.warn(); return; }
        data.set("saved_at", clinicalNow().toISOString());
        const kept = unsent && await unsent.keep({
          address: new URL(form.action || location.href).pathname, patient: words.patient, infusion: words.infusion,
          pairs: [...data.entries()].filter(([name]) => name !== "csrfmiddlewaretoken"), at: `${day.value} ${hour.value}`, signs: urgentNow(),
        });
        if (kept) startAgain();
        return;
      }
      show(answerPage, submitter);
    });
    window.addEventListener("pageshow", () => busy(false));
    const startAgain = () => {
      form.reset();
      form.querySelectorAll("input[name=confirmed][type=hidden], input[name=verified][type=hidden], .said").forEach((each) => each.remove());
      field("form_token").value = crypto.randomUUID();
      field("saved_at").value = "";
      touched = false;
      asked = "";
      putTime(clinicalNow());
      ranged.forEach(look);
      field("temperature").focus();
    };

    ranged.forEach((name) => { if (field(name).value.trim()) look(name); });
    const wrong = form.querySelector(".fault button, .fault input, [aria-invalid=true]");
    const first = wrong || (words.stay && document.getElementById(words.stay)) || field("temperature");
    first.focus();
    if (first.select && first.type === "text") first.select();
  };

  // The answer takes the place of the page's main part; everything else of the page stays.
  const show = (page, submitter) => {
    const main = page.querySelector("main");
    if (!main || !(main.querySelector("#saved") || main.querySelector("#vitals"))) { submitter.form.submit(); return; }
    document.title = page.title;
    document.querySelector("main").replaceWith(document.adoptNode(main));
    if (window.htmx) window.htmx.process(main);
    document.dispatchEvent(new CustomEvent("febris:answered"));
    window.scrollTo(0, 0);
    const form = document.getElementById("vitals");
    if (form) begin(form);
    else document.getElementById("saved").focus();
  };

  const form = document.getElementById("vitals");
  if (form && window.febrisPlausible) begin(form);
  else if (document.getElementById("saved")) document.getElementById("saved").focus();
})();
