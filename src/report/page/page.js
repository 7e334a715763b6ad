"use strict";
(() => {
  const value = (row, at) => {
    const cell = row.cells[at];
    return cell.dataset.value ?? (cell.classList.contains("n") ? "" : cell.textContent.trim());
  };
  const order = (a, b) => {
    if (a === "" || b === "") return a === b ? 0 : a === "" ? Infinity : -Infinity;
    const [x, y] = [Number(a), Number(b)];
    return Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b, undefined, { numeric: true }) : x - y;
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, at) => head.querySelector("button").addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const body = table.tBodies[0];
      const rows = [...body.rows].sort((a, b) => {
        const found = order(value(a, at), value(b, at));
        return Math.abs(found) === Infinity ? Math.sign(found) : down ? -found : found;
      });
      body.append(...rows);
    }));
  }
  const places = { categories: "#categories tbody tr", gallery: "#gallery-cards .fall[data-attack]" };
  for (const bar of document.querySelectorAll("[data-filters]")) {
    const rows = [...document.querySelectorAll(places[bar.dataset.filters])];
    const inputs = [...bar.querySelectorAll("[data-filter]")];
    const preset = () => inputs.find((input) => "preset" in input.dataset);
    const apply = () => {
      let shown = 0;
      for (const row of rows) {
        row.hidden = !inputs.every((input) => {
          const [wanted, own] = [input.value.toLowerCase(), row.dataset[input.dataset.filter].toLowerCase()];
          return wanted === "" || (input.tagName === "SELECT" ? own === wanted : own.includes(wanted));
        });
        if (!row.hidden) shown += 1;
      }
      if (shown === 0 && preset()) {
        preset().value = "";
        delete preset().dataset.preset;
        apply();
        return;
      }
      for (const card of document.querySelectorAll(bar.dataset.filters === "gallery" ? ".card" : "none")) {
        card.hidden = !card.querySelector(".fall[data-attack]:not([hidden])");
      }
      bar.querySelector("output").textContent = `${shown} of ${rows.length} shown`;
    };
    inputs.forEach((input) => ["input", "change"].forEach((kind) => input.addEventListener(kind, () => {
      delete input.dataset.preset;
      apply();
    })));
    apply();
  }
  const most = 60;
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((one) => {
    if ([...one.querySelectorAll("tbody")].every((body) => body.rows.length <= most)) one.open = true;
  }));
})();
