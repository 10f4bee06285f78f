// Keys: "/" search, j and k move through rows marked data-row, Enter opens, "?" lists them. Theme without a reload.
// A page that is being left does not load itself anew.
"use strict";
(() => {
  const typing = (target) => target.closest("input, textarea, select, [contenteditable]");

  function move(step) {
    const rows = [...document.querySelectorAll("[data-row]")];
    if (!rows.length) return;
    const here = rows.indexOf(document.activeElement?.closest("[data-row]"));
    const next = rows[Math.min(Math.max(here + step, 0), rows.length - 1)];
    const link = next.querySelector("a");
    link.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    if (event.key === "/") {
      const search = document.getElementById("q");
      if (!search) return;
      event.preventDefault();
      search.focus();
      search.select();
    } else if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "?") document.getElementById("keyhelp").showModal();
  });

  document.addEventListener("submit", async (event) => {
    if (event.target.id !== "theme") return;
    event.preventDefault();
    const chosen = event.submitter.value;
    const body = new FormData(event.target, event.submitter);
    const response = await fetch(event.target.action, { method: "POST", body, redirect: "manual" });
    if (response.type !== "opaqueredirect") return event.target.submit();
    if (chosen === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen;
    for (const button of event.target.querySelectorAll("button"))
      button.setAttribute("aria-pressed", String(button.value === chosen));
    document.dispatchEvent(new Event("themechange"));
  });

  // A page that waits for a worker loads itself anew when that is through, and would so take back the click that leads
  // away from it. For some seconds only: a download is announced in the same way, and leaves the page where it is.
  const LEAVING = 10_000; // milliseconds
  let leftAt = -LEAVING;
  window.addEventListener("beforeunload", () => (leftAt = performance.now()));
  document.addEventListener("htmx:beforeOnLoad", (event) => {
    if (performance.now() - leftAt < LEAVING) event.preventDefault();
  });
})();
