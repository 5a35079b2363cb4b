// The board's voice on this device, only where somebody has switched it on: three and two tones, again and again,
// while a high alert is unanswered; three low ones, once, for a new medium one. Where the browser keeps it silent,
// the page says so.
(() => {
  "use strict";

  const tools = document.getElementById("sound-tools");
  const Context = window.AudioContext || window.webkitAudioContext;
  if (!tools || !Context) return;

  const ON = "febris:sound";
  const TESTED = "febris:sound-tested";
  const SHIFT_MS = 12 * 3_600_000;
  const AGAIN_MS = 8_000;
  // Seconds from the beginning of the burst. Three, a pause, two: the call of a high priority on monitors.
  const HIGH = { hertz: [988, 784], at: [0, 0.25, 0.5, 1.0, 1.25], lasts: 0.16 };
  const MEDIUM = { hertz: [523, 659], at: [0, 0.35, 0.7], lasts: 0.22 };

  const button = document.getElementById("sound");
  const tone = document.getElementById("tone");
  const stored = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
  const store = (key, value) => { try { localStorage.setItem(key, value); } catch { /* asked again next time */ } };

  let context = null;
  let wanted = stored(ON) === "on";
  let calledAt = -Infinity;

  const audio = () => {
    if (!context) {
      context = new Context();
      context.addEventListener("statechange", show);
    }
    return context;
  };
  const can = () => context !== null && context.state === "running";

  const burst = ({ hertz, at, lasts }) => {
    const out = audio();
    at.forEach((begin) => {
      const start = out.currentTime + 0.05 + begin;
      const loud = out.createGain();
      loud.connect(out.destination);
      loud.gain.setValueAtTime(0, start);
      loud.gain.linearRampToValueAtTime(0.35, start + 0.02);
      loud.gain.setValueAtTime(0.35, start + lasts - 0.03);
      loud.gain.linearRampToValueAtTime(0, start + lasts);
      hertz.forEach((frequency) => {
        const voice = out.createOscillator();
        voice.frequency.value = frequency;
        voice.connect(loud);
        voice.start(start);
        voice.stop(start + lasts);
      });
    });
  };

  const isTested = () => Date.now() - Number(stored(TESTED) || 0) < SHIFT_MS;
  const put = (element, text) => { if (element.textContent !== text) element.textContent = text; };
  const show = () => {
    const blocked = wanted && !can();
    put(button, wanted ? (blocked ? button.dataset.blocked : button.dataset.on) : button.dataset.off);
    button.classList.toggle("blocked", blocked);
    button.setAttribute("aria-pressed", String(wanted && !blocked));
    put(tone, isTested() || !wanted ? tone.dataset.tested : tone.dataset.due);
    tone.classList.toggle("is-due", wanted && !isTested());
  };

  const unlock = async () => {
    try { await Promise.race([audio().resume(), new Promise((done) => setTimeout(done, 300))]); } catch { /* shown */ }
    show();
  };
  const test = async () => {
    await unlock();
    if (can()) { burst(HIGH); store(TESTED, String(Date.now())); }
    show();
  };
  button.addEventListener("click", async () => {
    if (wanted && can()) { wanted = false; store(ON, "off"); show(); return; }
    wanted = true;
    store(ON, "on");
    await test();
    call();
  });
  tone.addEventListener("click", test);

  // --- When it calls -------------------------------------------------------------------------------------------
  const unanswered = () => document.querySelector("#ward > tbody > tr:not([data-high='0'])") !== null;
  const call = () => {
    show();
    if (!wanted || !can() || !unanswered() || performance.now() - calledAt < AGAIN_MS) return;
    calledAt = performance.now();
    burst(HIGH);
  };
  document.addEventListener("febris:new-alerts", ({ detail }) => {
    if (!wanted || !can()) return;
    if (detail.includes("high")) { calledAt = -Infinity; call(); } else if (detail.includes("medium") && !unanswered()) burst(MEDIUM);
  });
  document.addEventListener("febris:second", call);

  tools.hidden = false;
  if (wanted) unlock();
  show();
})();
