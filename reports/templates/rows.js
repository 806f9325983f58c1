// Filters and search over rows, whatever element they are. The page is complete without any of it.
"use strict";
(() => {
  const rows = [...document.querySelectorAll(".row")];
  const filters = [...document.querySelectorAll("button.only")];
  const search = document.getElementById("search");
  const shown = document.getElementById("shown");
  const { noun } = shown.dataset;
  const texts = new Map();

  const textOf = (row) => {
    if (!texts.has(row)) texts.set(row, row.textContent.toLowerCase());
    return texts.get(row);
  };

  const apply = () => {
    const chosen = filters.filter((button) => button.getAttribute("aria-pressed") === "true");
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const row of rows) {
      const visible =
        chosen.every((button) => button.dataset.only in row.dataset) &&
        words.every((word) => textOf(row).includes(word));
      row.hidden = !visible;
      count += visible;
    }
    for (const group of document.querySelectorAll(".group")) {
      group.hidden = !group.querySelector(".row:not([hidden])");
    }
    const all = count === 1 ? `1 ${noun.slice(0, -1)}` : `${count} ${noun}`;
    shown.textContent = count === rows.length ? all : `${count} of ${rows.length} ${noun}`;
  };

  // A link to a row that is hidden shows all of them again.
  const reveal = () => {
    const place = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!place?.closest("[hidden]")) return;
    for (const button of filters) button.setAttribute("aria-pressed", "false");
    search.value = "";
    apply();
    place.scrollIntoView();
  };

  for (const button of filters) {
    button.addEventListener("click", () => {
      button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
      apply();
    });
  }
  search.addEventListener("input", apply);
  addEventListener("hashchange", reveal);
  document.querySelector(".tools").hidden = false;
  apply();
})();
