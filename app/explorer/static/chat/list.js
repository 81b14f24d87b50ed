// The list of conversations, or what a search has found.

import { at, button, element } from "../element.js";
import { marked } from "./marked.js";

const PAUSE_MS = 250;
const WHEN = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

export class ListView {
  /** `page` has `api` and `attempt`, and is told what is chosen: `open(conversationId, messageId)`. */
  constructor(page) {
    this._page = page;
    this._asked = 0;
    this._chosen = [null, null];
    at("search").oninput = () => {
      clearTimeout(this._timer);
      this._timer = setTimeout(() => page.attempt(() => this.load()), PAUSE_MS);
    };
    at("status").onchange = () => page.attempt(() => this.load());
    at("tag").onchange = () => page.attempt(() => this.load());
    at("more").onclick = () => page.attempt(() => this._read(this._after));
  }

  /** Read the list anew, as it is filtered or searched just now. */
  async load() {
    await this._read(null);
  }

  /** Show which tags there are to filter by. */
  tags(tags) {
    const { value } = at("tag");
    at("tag").replaceChildren(new Option("All tags", ""), ...tags.map((one) => new Option(one, one)));
    at("tag").value = tags.includes(value) ? value : "";
    at("tag").hidden = tags.length === 0;
  }

  /** Mark the conversation that is shown, or the message of it that was found. */
  choose(id, messageId) {
    this._chosen = [id, messageId];
    for (const one of at("list").querySelectorAll(".entry")) {
      const { id: ofConversation, message } = one.dataset;
      if (message ? message === messageId : ofConversation === id) one.setAttribute("aria-current", "true");
      else one.removeAttribute("aria-current");
    }
  }

  async _read(after) {
    const asked = ++this._asked;
    const query = at("search").value.trim();
    at("status").disabled = at("tag").disabled = query !== "";
    const { rows, next, none } = query ? await this._found(query, after) : await this._listed(after);
    // What was asked later is there already, or comes.
    if (asked !== this._asked) return;
    this._after = next;
    if (!after) at("list").replaceChildren();
    at("list").append(...rows);
    at("more").hidden = next === null;
    at("nothing").textContent = at("list").children.length ? "" : none;
    this.choose(...this._chosen);
  }

  async _listed(after) {
    const filter = { status: at("status").value, tag: at("tag").value };
    const { entries, after: next } = await this._page.api.conversations(filter, after);
    return { rows: entries.map((one) => this._entry(one)), next, none: "No conversations." };
  }

  async _found(query, after) {
    const { found, after: next } = await this._page.api.search(query, after);
    return { rows: found.map((one) => this._hit(one)), next, none: "Nothing was found." };
  }

  _entry({ id, title, isPinned, tags, updatedAt }) {
    const labels = tags.map((one) => element("span", { class: "label" }, one));
    return this._row({ id }, () => this._page.open(id),
      element("b", { dir: "auto" }, title),
      element("span", { class: "facts" }, isPinned ? element("span", { class: "label pinned" }, "Pinned") : "",
        element("time", { dateTime: updatedAt }, WHEN.format(new Date(updatedAt))), ...labels));
  }

  _hit({ snippet, highlights, node }) {
    const { conversation, role, createdAt } = node;
    const { id } = conversation;
    return this._row({ id, message: node.id }, () => this._page.open(id, node.id),
      element("b", { dir: "auto" }, conversation.title),
      element("span", { class: "snippet", dir: "auto" }, ...marked(snippet, highlights)),
      element("span", { class: "facts" }, role === "USER" ? "You" : "Reply",
        element("time", { dateTime: createdAt }, WHEN.format(new Date(createdAt)))));
  }

  _row(named, open, ...parts) {
    const row = button("", open, { class: "entry" });
    Object.assign(row.dataset, named);
    row.append(...parts);
    return element("li", {}, row);
  }
}
