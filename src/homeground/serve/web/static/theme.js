// Runs before the first paint: the theme that was chosen, where one was.
(() => {
  const root = document.documentElement;
  try {
    const chosen = localStorage.getItem("theme");
    if (chosen) root.dataset.theme = chosen;
  } catch {
    // storage may be forbidden: then the system's theme it is
  }
})();
