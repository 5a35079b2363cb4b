// The table of values by keyboard: one stop for Tab, arrows from value to value, Enter follows the link. A refresh
// leaves the reader at the value and at the place where they were.
(() => {
  "use strict";

  const cells = (table) => [...table.rows].map((row) => [...row.cells].map((cell) => cell.querySelector("a")));

  const only = (table, link) => {
    table.querySelectorAll("a").forEach((each) => { each.tabIndex = -1; });
    if (link) link.tabIndex = 0;
  };

  const newest = (table) => cells(table).slice(1).flatMap((row) => row.slice(-1)).find(Boolean) || table.querySelector("a");

  const prepare = () => {
    document.querySelectorAll("table[data-cells]").forEach((table) => only(table, newest(table)));
  };

  const STEPS = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };

  document.addEventListener("keydown", (event) => {
    const link = event.target.closest && event.target.closest("table[data-cells] a");
    if (!link || event.altKey || event.ctrlKey || event.metaKey) return;
    const table = link.closest("table");
    const rows = cells(table);
    const row = link.closest("tr").rowIndex;
    const column = link.closest("th, td").cellIndex;
    let found = null;
    if (STEPS[event.key]) {
      const [down, right] = STEPS[event.key];
      let r = row + down;
      let c = column + right;
      while (rows[r] && c >= 0 && c < rows[r].length && !(found = rows[r][c])) { r += down; c += right; }
    } else if (event.key === "Home") {
      found = rows[row].find(Boolean);
    } else if (event.key === "End") {
      found = rows[row].filter(Boolean).pop();
    } else {
      return;
    }
    event.preventDefault();
    if (!found) return;
    only(table, found);
    found.focus();
    found.scrollIntoView({ block: "nearest", inline: "nearest" });
  });

  let left = null;
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    const part = event.detail.target;
    if (!part || part.id !== "chart") return;
    const active = document.activeElement && document.activeElement.closest("#chart a");
    left = {
      href: active && active.getAttribute("href"),
      scrolled: [...part.querySelectorAll(".scroll")].map((each) => each.scrollLeft),
    };
  });
  document.body.addEventListener("htmx:afterSettle", (event) => {
    const part = event.detail.target;
    if (!part || part.id !== "chart") return;
    prepare();
    if (!left) return;
    part.querySelectorAll(".scroll").forEach((each, n) => { if (n in left.scrolled) each.scrollLeft = left.scrolled[n]; });
    const again = left.href && [...part.querySelectorAll("a")].find((each) => each.getAttribute("href") === left.href);
    if (again) {
      const table = again.closest("table[data-cells]");
      if (table) only(table, again);
      again.focus({ preventScroll: true });
    }
    left = null;
  });

  prepare();
})();
