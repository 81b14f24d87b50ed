// Elements of the page, made in one expression; text is never read as HTML.

/** An element of a kind, with properties (`class`, `on…`, `aria-…`, others) and children. */
export function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key === "class") made.className = value;
    else if (key.includes("-")) made.setAttribute(key, value);
    else made[key] = value;
  }
  made.append(...children);
  return made;
}

export function button(text, onclick, properties = {}) {
  return element("button", { type: "button", onclick, ...properties }, text);
}

export function at(id) {
  return document.getElementById(id);
}

/** Text in which what stands between backticks is code. */
export function prose(text) {
  const parts = (text ?? "").split("`");
  return parts.map((part, index) => (index % 2 ? element("code", {}, part) : part));
}
