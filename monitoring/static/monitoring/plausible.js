// What a number typed at the bedside may be, and what was probably meant: the same answers as the server's, from
// the ranges that the page brings, so that they come on blur and without a network. The server decides.
(() => {
  "use strict";
  const NUMBER = /^[+-]?(\d{1,9}([.,]\d{0,9})?|[.,]\d{1,9})$/;
  const tidy = (value) => Math.round(value * 1e9) / 1e9;
  const plain = (value) => String(tidy(value));
  const number = (text) => {
    const slim = text.trim().replace("\u2212", "-");
    return NUMBER.test(slim) ? Number(slim.replace(",", ".")) : NaN;
  };
  const celsius = (fahrenheit) => tidy(((fahrenheit - 32) * 5) / 9);

  // fine, unusual, implausible or impossible
  const judge = (range, value) => {
    const [low, high] = range.possible;
    if (value < Number(low) || (high !== null && value > Number(high))) return "impossible";
    if (value < Number(range.hard[0]) || value > Number(range.hard[1])) return "implausible";
    if (value < Number(range.usual[0]) || value > Number(range.usual[1])) return "unusual";
    return "fine";
  };

  // What was probably meant: `text` for the box, `unit` where that changes too, `shown` for the button.
  const suggest = (name, range, value, unit) => {
    const usual = (moved) => judge(range, tidy(moved)) === "fine";
    if (name === "temperature") {
      if (unit === "F") {
        if (usual(celsius(value))) return null;
        if (usual(value)) return { text: plain(value), unit: "C", shown: `${plain(value)} °C` };
        const moved = [value / 10, value * 10].find((each) => usual(celsius(each)));
        return moved === undefined ? null : { text: plain(moved), unit: "F", shown: `${plain(moved)} °F` };
      }
      if (usual(value)) return null;
      if (value >= 77 && value <= 113) {
        return { text: plain(value), unit: "F", shown: `${plain(value)} °F = ${celsius(value).toFixed(1)} °C` };
      }
      const moved = [value / 10, value * 10, value / 100].find(usual);
      return moved === undefined ? null : { text: plain(moved), unit: "C", shown: `${plain(moved)} °C` };
    }
    if (usual(value)) return null;
    if (name === "systolic_mmhg" || name === "diastolic_mmhg") {
      const mmhg = value * 7.50062;
      return usual(mmhg) ? { text: String(Math.round(mmhg)), shown: `${plain(value)} kPa = ${Math.round(mmhg)} mmHg` } : null;
    }
    if (name === "spo2_percent" && value <= 1 && usual(value * 100)) {
      return { text: plain(value * 100), shown: `${plain(value * 100)} %` };
    }
    return null;
  };

  // The highest priority that a figure of the rules in force gives this value; empty where none does.
  const HOLDS = { "<": (a, b) => a < b, "<=": (a, b) => a <= b, ">": (a, b) => a > b, ">=": (a, b) => a >= b, "=": (a, b) => a === b };
  const priority = (limits, signal, value, site) => {
    const found = limits.find((limit) => {
      if (limit.signal !== signal || (limit.sites.length && !limit.sites.includes(site))) return false;
      return HOLDS[limit.op] && HOLDS[limit.op](value, Number(limit.by_site[site] || limit.value));
    });
    return found ? found.priority : "";
  };

  window.febrisPlausible = { number, celsius, judge, suggest, priority, plain };
})();
