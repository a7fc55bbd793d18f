// Before anything is painted: light or dark, as somebody chose, else as the system says.
document.documentElement.dataset.theme =
  localStorage.getItem("swath-theme") ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
