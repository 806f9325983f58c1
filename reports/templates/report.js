// Filters, search and copying. The page is complete without any of it.
"use strict";
(() => {
  const cases = [...document.querySelectorAll("details.case")];
  const filters = [...document.querySelectorAll("button.filter")];
  const search = document.getElementById("search");
  const shown = document.getElementById("shown");
  const fold = document.getElementById("fold");
  const texts = new Map();

  // Built on the first search, not on load: it reads every packet of the page.
  const textOf = (item) => {
    if (!texts.has(item)) texts.set(item, item.textContent.toLowerCase());
    return texts.get(item);
  };

  const apply = () => {
    const pressed = filters.filter((button) => button.getAttribute("aria-pressed") === "true");
    const chosen = pressed.map((button) => button.dataset.filter);
    const unexpectedOnly = chosen.includes("unexpected");
    const verdicts = chosen.filter((name) => name !== "unexpected");
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const item of cases) {
      const visible =
        (!verdicts.length || verdicts.includes(item.dataset.verdict)) &&
        (!unexpectedOnly || item.dataset.standing === "unexpected") &&
        words.every((word) => textOf(item).includes(word));
      item.hidden = !visible;
      count += visible;
    }
    for (const group of document.querySelectorAll("main section.clause, main section.rfc")) {
      group.hidden = !group.querySelector("details.case:not([hidden])");
    }
    const { noun } = shown.dataset;
    shown.textContent = count === cases.length ? `${count} ${noun}` : `${count} of ${cases.length} ${noun}`;
    nameFold();
  };

  const anyOpen = () => cases.some((item) => item.open && !item.hidden);
  const nameFold = () => {
    fold.textContent = anyOpen() ? "Close all" : "Open all";
  };

  const reveal = () => {
    const place = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!place) return;
    if (place.closest("[hidden]")) clear();
    const item = place.closest("details.case");
    if (item) item.open = true;
    (item ?? place).scrollIntoView();
  };

  const clear = () => {
    for (const button of filters) button.setAttribute("aria-pressed", "false");
    search.value = "";
    apply();
  };

  // With scripts, a browser keeps what stands in a noscript as text: most packets are never looked at.
  const unfold = (packets) => {
    const kept = packets.querySelector("noscript");
    if (kept) kept.outerHTML = kept.textContent;
  };

  // A long packet table scrolls in its own box: start it at the evidence.
  const toEvidence = (packets) => {
    const box = packets.querySelector(".scroll");
    const row = packets.querySelector("tr.m");
    if (row) box.scrollTop = row.offsetTop - box.clientHeight / 2;
  };

  const copy = async (button) => {
    const command = button.parentElement.querySelector("code");
    try {
      await navigator.clipboard.writeText(command.textContent);
      button.textContent = "Copied";
    } catch {
      // No access to the clipboard: select the command, so that a keystroke copies it.
      getSelection().selectAllChildren(command);
      button.textContent = "Selected";
    }
  };

  for (const button of filters) {
    button.disabled = false;
    button.addEventListener("click", () => {
      button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
      apply();
    });
  }
  // "toggle" does not bubble, so it is caught on the way down; it fires for a case as well as for its packets.
  document.addEventListener(
    "toggle",
    (event) => {
      const item = event.target;
      for (const packets of item.matches(".packets") ? [item] : item.querySelectorAll(".packets[open]")) {
        unfold(packets);
        toEvidence(packets);
      }
      nameFold();
    },
    true,
  );
  for (const packets of document.querySelectorAll(".case[open] .packets[open]")) toEvidence(packets);
  for (const button of document.querySelectorAll("button.copy")) button.hidden = false;
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button.copy");
    if (button) copy(button);
  });
  document.getElementById("everything").addEventListener("click", clear);
  fold.addEventListener("click", () => {
    const open = anyOpen();
    for (const item of cases) if (!item.hidden) item.open = !open;
  });
  search.addEventListener("input", apply);
  addEventListener("hashchange", reveal);
  document.querySelector(".tools").hidden = false;
  apply();
  reveal();
})();
