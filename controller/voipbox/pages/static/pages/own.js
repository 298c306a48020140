// SPDX-License-Identifier: GPL-3.0-or-later
// Comfort. Every page works without it.
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");

  // Light or dark: what somebody chose here, else what the system prefers. Set before anything is shown.
  const THEMES = ["system", "light", "dark"];
  const darkness = window.matchMedia("(prefers-color-scheme: dark)");
  function chosenTheme() {
    try { const kept = localStorage.getItem("theme"); return THEMES.includes(kept) ? kept : "system"; } catch { return "system"; }
  }
  function applyTheme() {
    const chosen = chosenTheme();
    root.dataset.bsTheme = chosen === "dark" || (chosen === "system" && darkness.matches) ? "dark" : "light";
    for (const button of document.querySelectorAll("[data-theme]")) {
      button.textContent = { system: "Theme: as the system", light: "Theme: light", dark: "Theme: dark" }[chosen];
    }
  }
  applyTheme();
  darkness.addEventListener("change", applyTheme);
  const all = (selector, within) => Array.from((within || document).querySelectorAll(selector));

  // Times in the viewer's own zone; UTC stays on hover.
  function localTimes(within) {
    for (const time of all("time[datetime]:not([data-local])", within)) {
      const at = new Date(time.dateTime);
      if (!Number.isNaN(at.getTime())) {
        time.textContent = at.toLocaleString(undefined, { year: "numeric", month: "short", day: "numeric", hour: "numeric", minute: "2-digit", timeZoneName: "short" });
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
    if (event.target.closest("[data-theme]")) {
      try { localStorage.setItem("theme", THEMES[(THEMES.indexOf(chosenTheme()) + 1) % THEMES.length]); } catch { return; }
      applyTheme();
    }
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
    const grow = event.target.closest("[data-grow]");
    if (grow) {
      const rows = grow.closest("fieldset").querySelector("[data-growing] tbody");
      const row = rows.lastElementChild.cloneNode(true);
      for (const field of all("input[inputmode]", row)) field.value = "";
      rows.append(row);
      row.querySelector("select").focus();
    }
    const copy = event.target.closest("[data-copy]");
    if (copy) {
      const text = document.getElementById(copy.dataset.copy).textContent;
      navigator.clipboard.writeText(text).then(() => { copy.dataset.done = "yes"; const was = copy.textContent; copy.textContent = "Copied"; setTimeout(() => { copy.textContent = was; }, 1500); }, () => {});
    }
  });

  // A list whose options name a part of the page that only they need.
  function followLists(within) {
    for (const list of all("select", within)) {
      const parts = new Set(all("option[data-shows]", list).map((option) => option.dataset.shows));
      const chosen = list.selectedOptions[0];
      for (const id of parts) document.getElementById(id).hidden = !chosen || chosen.dataset.shows !== id;
    }
  }

  document.addEventListener("change", (event) => {
    if (event.target.matches("select")) followLists();
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
  // A page that follows: it asks for itself with the beat that it shows, and takes the named parts anew when that changed.
  // The pause grows while nothing happens; a hidden page does not ask, nor one in which somebody is writing.
  function follow() {
    let mark = document.getElementById("follow");
    if (!mark || !window.fetch) return;
    const least = Number(mark.dataset.every || 3000), most = 20000;
    let pause = least, timer = 0, asking = false;
    const parts = () => mark.dataset.parts.split(" ").map((id) => document.getElementById(id)).filter(Boolean);
    const writes = (field) => field.matches("textarea, select, input:not([type=checkbox], [type=hidden])");
    const busy = () => (dialog() && dialog().open) || parts().some((part) =>
      (part.contains(document.activeElement) && writes(document.activeElement)) || all("[data-touched]", part).length > 0);
    const later = () => { clearTimeout(timer); if (!document.hidden) timer = setTimeout(ask, pause); };

    function put(fresh) {
      for (const old of parts()) {
        const made = fresh.getElementById(old.id);
        if (!made || made.outerHTML === old.dataset.was) continue;
        const was = made.outerHTML;
        const chosen = new Set(all("input[type=checkbox]:checked", old).map((box) => `${box.name}=${box.value}`));
        for (const box of all("input[type=checkbox]", made)) if (chosen.has(`${box.name}=${box.value}`)) box.checked = true;
        const folds = all("details", old);
        all("details", made).forEach((fold, place) => { if (folds[place] && folds[place].open) fold.open = true; });
        const here = old.contains(document.activeElement) && document.activeElement;
        old.replaceWith(document.adoptNode(made));
        made.dataset.was = was;
        if (window.htmx) htmx.process(made);
        if (here) {
          const same = here.id ? document.getElementById(here.id) : all("a[href]", made).find((link) => link.getAttribute("href") === here.getAttribute("href"));
          if (same) same.focus();
        }
      }
      const next = fresh.getElementById("follow");
      if (next) { mark.replaceWith(document.adoptNode(next)); mark = next; }
      localTimes(document);
      followConsoles();
      followLists();
    }

    async function ask() {
      if (document.hidden || asking) return;
      if (busy()) { later(); return; }
      asking = true;
      try {
        const answer = await fetch(location.href, { headers: { "X-Beat": mark.dataset.beat }, redirect: "manual", cache: "no-store" });
        if (answer.status === 200) {
          const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
          if (!busy()) { put(fresh); pause = least; }
        } else if (answer.status === 204) {
          pause = Math.min(pause * 1.3, most);
        } else if (answer.status < 500) {  // signed out, or no longer to be seen
          mark = null;
          return;
        } else {
          pause = most;
        }
        for (const box of all("[data-offline]")) box.hidden = true;
      } catch {
        pause = most;
        for (const box of all("[data-offline]")) box.hidden = false;
      } finally {
        asking = false;
        if (mark) later();
      }
    }

    document.addEventListener("visibilitychange", () => { if (mark && !document.hidden) { pause = least; ask(); } });
    later();
  }
  document.addEventListener("input", (event) => { if (!event.target.matches("[type=checkbox]")) event.target.dataset.touched = "yes"; });

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
    followLists();
    if (event.detail.target.id === "dialog-body" && !dialog().open && event.detail.target.childElementCount) dialog().showModal();
  });
  // A connection that breaks is told; polling goes on by itself and takes up after the last line.
  document.addEventListener("htmx:sendError", () => { for (const box of all("[data-offline]")) box.hidden = false; });
  document.addEventListener("htmx:afterOnLoad", () => { for (const box of all("[data-offline]")) box.hidden = true; });

  document.addEventListener("DOMContentLoaded", () => { localTimes(document); followConsoles(); followLists(); follow(); applyTheme(); });
})();
