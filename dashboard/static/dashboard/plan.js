// Plan page: commands are copied, never run; "x" opens the tick of the row that has the focus.
"use strict";
(() => {
  function show(root) {
    for (const button of root.querySelectorAll("button[data-copy]")) button.hidden = false;
  }

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("button[data-copy]");
    if (!button) return;
    const code = button.parentElement.querySelector("code");
    const word = button.querySelector("[data-word]");
    try {
      await navigator.clipboard.writeText(code.textContent);
      word.textContent = "Copied";
    } catch {
      // Only pages served by https or from this machine may write to the clipboard.
      getSelection().selectAllChildren(code);
      word.textContent = "Selected";
    }
    setTimeout(() => (word.textContent = "Copy"), 2000);
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "x" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select")) return;
    document.activeElement?.closest("[data-row]")?.querySelector("[data-decide]")?.click();
  });

  document.addEventListener("htmx:afterSwap", (event) => show(event.target));
  show(document);
})();
