// SPDX-License-Identifier: GPL-3.0-or-later
// Comfort of the checkout: how long a number is held, rules of a password as they are met, fields that do not apply hidden.
"use strict";
(() => {
  const all = (selector) => Array.from(document.querySelectorAll(selector));

  function countDown() {
    for (const time of all("time[data-countdown]")) {
      const left = Math.floor((new Date(time.dateTime).getTime() - Date.now()) / 1000);
      const minutes = String(Math.floor(left / 60)).padStart(2, "0");
      time.textContent = left > 0 ? `${minutes}:${String(left % 60).padStart(2, "0")} min left` : "the time is over";
    }
  }

  const RULES = {
    length: (value, item) => value.length >= Number(item.dataset.least),
    upper: (value) => /\p{Lu}/u.test(value),
    lower: (value) => /\p{Ll}/u.test(value),
    digit: (value) => /\d/.test(value),
    same: (value, item, again) => value !== "" && value === again,
  };

  function followRules() {
    for (const list of all("[data-rules]")) {
      const value = document.getElementById(list.dataset.rules).value;
      const again = document.getElementById(list.dataset.again).value;
      for (const item of list.children) item.dataset.met = RULES[item.dataset.rule](value, item, again) ? "yes" : "no";
    }
  }

  function followChoices() {
    for (const part of all("[data-only-with]")) {
      const [name, value] = part.dataset.onlyWith.split("=");
      const chosen = document.querySelector(`input[name="${name}"]:checked`);
      part.hidden = Boolean(chosen) && chosen.value !== value;
    }
  }

  document.addEventListener("input", followRules);
  document.addEventListener("change", followChoices);
  countDown();
  followRules();
  followChoices();
  if (document.querySelector("time[data-countdown]")) setInterval(countDown, 1000);
})();
