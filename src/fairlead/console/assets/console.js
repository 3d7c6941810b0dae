// Small things every page has: ticking times, keys, find, refreshing what moves.
"use strict";

(() => {
  const every = (selector, act, within = document) => within.querySelectorAll(selector).forEach(act);

  // Times

  const steps = [[60, 1, "s"], [3600, 60, "min"], [172800, 3600, "h"], [2592000, 86400, "days"]];

  function distance(seconds) {
    if (seconds < 10) return "just now";
    for (const [limit, unit, word] of steps)
      if (seconds < limit) return `${Math.floor(seconds / unit)} ${word} ago`;
    return null;
  }

  function duration(seconds) {
    if (seconds < 9.95) return `${Math.max(0, seconds).toFixed(1)} s`;
    const whole = Math.round(seconds);
    if (whole < 60) return `${whole} s`;
    if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
    return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
  }

  function put(element, text) {
    if (text !== null && element.textContent !== text) element.textContent = text;
  }

  function tick() {
    const now = Date.now();
    every("[data-since]", (element) => put(element, duration((now - Date.parse(element.dataset.since)) / 1000)));
    every("time[data-ago]", (element) => put(element, distance((now - Date.parse(element.dateTime)) / 1000)));
  }

  function localTitles(within) {
    every("time[data-ago]:not([data-local])", (element) => {
      element.title = new Date(element.dateTime).toLocaleString(undefined, { dateStyle: "long", timeStyle: "long" });
      element.dataset.local = "";
    }, within);
  }

  setInterval(tick, 1000);

  // What moves is fetched again, but never under the reader's hands.

  function busy(element) {
    const selection = document.getSelection();
    return document.hidden || element.contains(document.activeElement) || element.querySelector("details[open]") ||
      (selection && !selection.isCollapsed && element.contains(selection.anchorNode));
  }

  function refresh(element) {
    if (element.hasAttribute("data-first-page") && new URLSearchParams(location.search).has("after")) return;
    setInterval(() => {
      if (!busy(element)) htmx.trigger(element, "refresh");
    }, Number(element.dataset.refresh));
  }

  // Find

  const finder = document.getElementById("find");
  const keys = document.getElementById("keys");

  function openFinder() {
    if (!finder || finder.open) return;
    finder.showModal();
    const input = finder.querySelector("input");
    input.select();
    htmx.trigger(input, "open-find");
  }

  function choose(move) {
    const links = [...finder.querySelectorAll(".found a")];
    if (!links.length) return;
    const place = links.findIndex((link) => link.classList.contains("on"));
    links[place]?.classList.remove("on");
    const next = links[(place + move + links.length) % links.length];
    next.classList.add("on");
    next.scrollIntoView({ block: "nearest" });
  }

  finder?.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Enter" && event.target.matches("input")) {
      const link = finder.querySelector(".found a.on") || finder.querySelector(".found a");
      if (link) {
        event.preventDefault();
        location.assign(link.href);
      }
    }
  });

  for (const dialog of [finder, keys])
    dialog?.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close();
    });

  // Keys

  const places = { o: "/", p: "/projects", r: "/runs", e: "/environments" };
  let before = "";

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, dialog")) return;
    if (event.key === "/") {
      event.preventDefault();
      openFinder();
    } else if (event.key === "?" && keys) keys.showModal();
    else if (event.key === "Escape") every("[data-account]", (menu) => menu.removeAttribute("open"));
    else if (before === "g" && places[event.key]) location.assign(places[event.key]);
    before = event.key;
  });

  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey) return;
    if (event.target.closest("[data-find]") && finder) {
      event.preventDefault();
      openFinder();
    } else if (event.target.closest("[data-keys]") && keys) {
      event.preventDefault();
      keys.showModal();
    }
    const copy = event.target.closest("[data-copy]");
    if (copy) navigator.clipboard.writeText(copy.dataset.copy).then(() => put(copy, "Copied"));
    if (event.target.closest("[data-print]")) print();
    if (!event.target.closest("[data-account]")) every("[data-account]", (menu) => menu.removeAttribute("open"));
  });

  // What was typed into a form whose answer is an error page is there again on the way back; no secrets.

  const DRAFT = "fairlead draft";
  const secret = (input) => /^(hidden|password|file|submit)$/.test(input.type) || input.autocomplete === "one-time-code";
  const typed = (form) => [...form.elements].filter((input) => input.name && !secret(input));
  const onOff = (input) => input.type === "checkbox" || input.type === "radio";

  function keepDraft(form) {
    const values = typed(form).map((input) => [input.name, onOff(input) ? input.checked : input.value]);
    sessionStorage.setItem(DRAFT, JSON.stringify({ page: location.pathname, action: form.action, values }));
  }

  function takeDraft() {
    const draft = JSON.parse(sessionStorage.getItem(DRAFT) || "null");
    if (!draft) return;
    if (document.querySelector("[data-refused]")) {
      sessionStorage.setItem(DRAFT, JSON.stringify({ ...draft, refused: true }));
      return;
    }
    sessionStorage.removeItem(DRAFT);
    const form = [...document.forms].find((each) => each.method === "post" && each.action === draft.action);
    if (!draft.refused || !form || draft.page !== location.pathname) return;
    typed(form).forEach((input, place) => {
      const [name, value] = draft.values[place] || [];
      if (name === input.name) onOff(input) ? (input.checked = value) : (input.value = value);
    });
    for (let at = form; at; at = at.parentElement) if (at.matches("details")) at.open = true;
  }

  // One click on a form's button sends it once.
  document.addEventListener("submit", (event) => {
    if (event.target.method !== "post") return;
    keepDraft(event.target);
    setTimeout(() => every("button", (button) => (button.disabled = true), event.target));
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted) every("form button:disabled", (button) => (button.disabled = false));
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    localTitles(document);
    tick();
    if (event.target.id === "find-results") event.target.querySelector("a")?.classList.add("on");
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    // Logged out meanwhile: the log in is a whole page, so go there.
    if (event.detail.xhr.responseURL.includes("/login")) {
      event.detail.shouldSwap = false;
      location.reload();
    }
  });

  // On a phone the sections are a row that scrolls: show where we are in it.
  const section = document.querySelector(".side [aria-current]");
  if (section) section.parentElement.scrollLeft = section.offsetLeft - section.parentElement.clientWidth / 3;

  takeDraft();
  every("[data-refresh]", refresh);
  if (navigator.clipboard) every("[data-copy]", (button) => (button.hidden = false));
  every("[data-print]", (button) => (button.hidden = false));
  localTitles(document);
  tick();
})();
