// Whatever is to be copied stands in a <code> beside its button, which is hidden where no script runs.
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

  document.addEventListener("htmx:afterSwap", (event) => show(event.target));
  show(document);
})();
