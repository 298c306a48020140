// SPDX-License-Identifier: GPL-3.0-or-later
// Copying and printing, for pages that hold a secret: nothing else runs there, and nothing is sent anywhere.
"use strict";
document.addEventListener("click", (event) => {
  const copy = event.target.closest("[data-copy]");
  if (copy && navigator.clipboard) {
    navigator.clipboard.writeText(document.getElementById(copy.dataset.copy).textContent).then(() => {
      const was = copy.innerHTML;
      copy.textContent = "Copied";
      setTimeout(() => { copy.innerHTML = was; }, 1500);
    }, () => {});
  }
  if (event.target.closest("[data-print]")) window.print();
});
