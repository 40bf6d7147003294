// Sets the chosen theme before anything is painted; lib/theme.svelte.ts writes what is read here.
try {
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Without storage the system's theme holds.
}
