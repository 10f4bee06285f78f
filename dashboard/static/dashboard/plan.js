// Plan page: "x" opens the tick of the row that has the focus.
"use strict";
document.addEventListener("keydown", (event) => {
  if (event.key !== "x" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select")) return;
  document.activeElement?.closest("[data-row]")?.querySelector("[data-decide]")?.click();
});
