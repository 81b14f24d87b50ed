// Light, dark, or as the system is: chosen on one page, and kept for all of them.

const KEY = "explorer.scheme";

/** Paint the page as was chosen, and again whenever `select` says otherwise. */
export function followScheme(select) {
  select.value = stored();
  select.onchange = () => {
    document.documentElement.dataset.scheme = select.value;
    try {
      localStorage.setItem(KEY, JSON.stringify(select.value));
    } catch {
      // A full or forbidden storage: the page works without.
    }
  };
  document.documentElement.dataset.scheme = select.value;
}

function stored() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? "";
  } catch {
    return "";
  }
}
