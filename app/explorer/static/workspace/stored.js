// What outlives a visit, in the storage of the browser; a storage that refuses is done without.

const TABS = "explorer.tabs";
const HISTORY = "explorer.history";
const LONGEST_HISTORY = 50;

/**
 * The operations that were open: those of this window, or else a copy of what was last typed in any.
 * Headers hold credentials: they are forgotten with the window.
 */
export function storedTabs() {
  return read(sessionStorage, TABS) ?? read(localStorage, TABS) ?? { tabs: [], active: 0 };
}

export function storeTabs(tabs, active) {
  write(sessionStorage, TABS, { tabs, active });
  write(localStorage, TABS, { tabs: tabs.map((tab) => ({ ...tab, headers: null })), active });
}

/** What was run, the newest first, as `{query, variables, operation, at}`. */
export function storedHistory() {
  return read(localStorage, HISTORY) ?? [];
}

export function remember({ query, variables, operation }) {
  const isSame = (one) =>
    one.query === query && one.variables === variables && one.operation === operation;
  const others = storedHistory().filter((one) => !isSame(one));
  const entry = { query, variables, operation, at: new Date().toISOString() };
  write(localStorage, HISTORY, [entry, ...others].slice(0, LONGEST_HISTORY));
}

export function forgetHistory() {
  write(localStorage, HISTORY, []);
}

function read(storage, key) {
  try {
    return JSON.parse(storage.getItem(key));
  } catch {
    return null;
  }
}

function write(storage, key, value) {
  try {
    storage.setItem(key, JSON.stringify(value));
  } catch {
    // A full or forbidden storage: the page works without.
  }
}
