"use strict";
// Hides conversations and checks by a few words or by whether they have findings. Without a script everything is shown.
(() => {
  const words = document.querySelector("#words"), only = document.querySelector("#only"), shown = document.querySelector("#shown");
  const items = [...document.querySelectorAll("[data-item]")];
  const apply = () => {
    const wanted = words.value.trim().toLowerCase();
    let number = 0;
    for (const item of items) {
      const fits = (!wanted || item.dataset.item.toLowerCase().includes(wanted)) && (!only.checked || item.dataset.found === "1");
      item.hidden = !fits;
      number += fits;
    }
    shown.textContent = `${number} of ${items.length}`;
  };
  document.querySelector("#tools").hidden = false;
  words.addEventListener("input", apply);
  only.addEventListener("change", apply);
  apply();
})();
