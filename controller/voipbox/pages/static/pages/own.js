// SPDX-License-Identifier: GPL-3.0-or-later
// Comfort. Every page works without it.
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const all = (selector, within) => Array.from((within || document).querySelectorAll(selector));

  // Times in the viewer's own zone; UTC stays on hover.
  function localTimes(within) {
    for (const time of all("time[datetime]:not([data-local])", within)) {
      const at = new Date(time.dateTime);
      if (!Number.isNaN(at.getTime())) {
        time.textContent = at.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
        time.dataset.local = "yes";
      }
    }
  }

  // A console follows its end unless somebody scrolled up.
  function followConsoles() {
    for (const box of all(".console[data-follow]")) {
      if (box.dataset.held !== "yes") box.scrollTop = box.scrollHeight;
    }
  }

  // A field may be called method, and then hides the form's own.
  function methodOf(form) { return (form.getAttribute("method") || "get").toLowerCase(); }

  function dialog() { return document.getElementById("dialog"); }

  function moveRow(step) {
    const rows = all("table[data-rows] > tbody > tr");
    if (!rows.length) return;
    const now = rows.findIndex((row) => row.classList.contains("here"));
    const next = Math.min(Math.max(now + step, 0), rows.length - 1);
    rows.forEach((row, index) => row.classList.toggle("here", index === next));
    rows[next].scrollIntoView({ block: "nearest" });
    const link = rows[next].querySelector("a[href]");
    if (link) link.focus();
  }

  document.addEventListener("click", (event) => {
    const toggler = event.target.closest("[data-toggle]");
    if (toggler) {
      const shown = document.getElementById(toggler.dataset.toggle).classList.toggle("show");
      toggler.setAttribute("aria-expanded", String(shown));
    }
    if (event.target.closest("[data-close]") && dialog().open) {
      event.preventDefault();
      dialog().close();
    }
    // A page that only asks something comes as a dialog.
    const ask = event.target.closest("a[data-ask]");
    if (ask && window.htmx && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0) {
      event.preventDefault();
      const address = new URL(ask.href);
      if (!address.searchParams.has("next")) address.searchParams.set("next", location.pathname + location.search);
      htmx.ajax("GET", address.pathname + address.search, { target: "#dialog-body" });
    }
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      const text = document.getElementById(copy.dataset.copy).textContent;
      navigator.clipboard.writeText(text).then(() => { copy.dataset.done = "yes"; const was = copy.textContent; copy.textContent = "Copied"; setTimeout(() => { copy.textContent = was; }, 1500); }, () => {});
    }
  });

  document.addEventListener("change", (event) => {
    const every = event.target.closest("[data-check-all]");
    if (every) for (const box of all(`input[name="${every.dataset.checkAll}"]`)) box.checked = every.checked;
    if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit();
  });

  // A double click sends a form once. A button of a list changes the list in place.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const button = event.submitter;
    if (form.dataset.inPlace && window.htmx && button && button.hasAttribute("formaction")) {
      event.preventDefault();
      const link = button.closest("tr").querySelector("a[href]");
      htmx.ajax("POST", button.getAttribute("formaction"), { source: form, target: form.dataset.inPlace, swap: "outerHTML" })
        .then(() => { const same = link && document.querySelector(`a[href="${link.getAttribute("href")}"]`); if (same) same.focus(); });
      return;
    }
    if (methodOf(form) === "dialog" || event.defaultPrevented) return;
    if (form.dataset.sent === "yes") { event.preventDefault(); return; }
    if (form.hasAttribute("hx-get") || form.hasAttribute("hx-post") || methodOf(form) === "get") return;
    if (!("again" in form.dataset)) form.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () => { for (const form of all("form[data-sent]")) delete form.dataset.sent; });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select, dialog")) return;
    if (event.key === "/") {
      const search = document.querySelector("[data-search]");
      if (search) { event.preventDefault(); search.focus(); search.select(); }
    }
    if (event.key === "j") moveRow(1);
    if (event.key === "k") moveRow(-1);
  });

  document.addEventListener("scroll", (event) => {
    const box = event.target;
    if (box.classList && box.classList.contains("console")) {
      box.dataset.held = box.scrollTop + box.clientHeight < box.scrollHeight - 24 ? "yes" : "no";
    }
  }, true);

  document.addEventListener("htmx:configRequest", (event) => {
    const token = document.querySelector('meta[name="csrf"]');
    if (token) event.detail.headers["X-CSRFToken"] = token.content;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    localTimes(document);
    followConsoles();
    if (event.detail.target.id === "dialog-body" && !dialog().open && event.detail.target.childElementCount) dialog().showModal();
  });
  // A connection that breaks is told; polling goes on by itself and takes up after the last line.
  document.addEventListener("htmx:sendError", () => { for (const box of all("[data-offline]")) box.hidden = false; });
  document.addEventListener("htmx:afterOnLoad", () => { for (const box of all("[data-offline]")) box.hidden = true; });

  document.addEventListener("DOMContentLoaded", () => { localTimes(document); followConsoles(); });
})();
