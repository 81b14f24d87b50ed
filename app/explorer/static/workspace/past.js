// The dialog with what was run before.

import { button, element } from "../element.js";
import { readDocument } from "../language/document.js";
import { forgetHistory, storedHistory } from "./stored.js";

/** Show the history in `dialog`; `open(entry)` is called with what is chosen. */
export function showHistory(dialog, open) {
  const entries = storedHistory();
  const choose = (entry) => {
    dialog.close();
    open(entry);
  };
  const forget = () => {
    forgetHistory();
    dialog.close();
  };
  const rows = entries.map((entry) => element("li", {}, row(entry, choose)));
  dialog.replaceChildren(
    element("h2", {}, "History"),
    entries.length ? element("ul", {}, ...rows) : element("p", {}, "Nothing was run yet."),
    element("div", { class: "actions" },
      button("Forget all", forget, { disabled: !entries.length }),
      button("Close", () => dialog.close())),
  );
  dialog.showModal();
}

function row(entry, choose) {
  const [first] = readDocument(entry.query, null).operations;
  const name = entry.operation || first?.name || first?.kind || "nothing";
  const time = new Date(entry.at).toLocaleString();
  const text = entry.query.replace(/\s+/g, " ").slice(0, 200);
  return button("", () => choose(entry), { class: "entry" }).appendChild(
    element("span", {}, element("b", {}, name), element("time", {}, time), element("code", {}, text)),
  ).parentElement;
}
