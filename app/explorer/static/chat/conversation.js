// The conversation that is shown: one branch of it, read, written, streamed and turned.

import { at, button, element } from "../element.js";
import { notice } from "../notice.js";
import { MessageView } from "./message.js";

export class ConversationView {
  /**
   * `page` has `api`, the chosen `model`, `attempt` and `confirmed`, and is told of what has
   * `changed`, was `begun` or `spent`, and has `ended`.
   */
  constructor(page) {
    this._page = page;
    this._following = null;
    this._visit = 0;
  }

  get id() {
    return this.entry?.id ?? null;
  }

  /** Whether a reply that is shown is being written, or one is about to be. */
  get isBusy() {
    return this._following !== null || this._isBeginning;
  }

  get canStop() {
    return this._following !== null;
  }

  /** Show nothing: what is sent next begins a conversation. */
  clear() {
    this._visit += 1;
    this._unfollow();
    this._isBeginning = false;
    this.entry = null;
    this._before = null;
    this._views = [];
    this._paint();
  }

  /** Show a conversation, on the branch through a message if one is named. */
  async open(id, messageId) {
    this.clear();
    const visit = this._visit;
    const read = await this._page.api.conversation(id, { branch: messageId });
    if (visit !== this._visit) return;
    if (!read) return notice("There is no such conversation.");
    this._show(read);
    await this._reveal(messageId);
  }

  async send(content) {
    const { api, model } = this._page;
    const conversationId = this.id ?? undefined;
    const parentMessageId = this._views.at(-1)?.message.id;
    const options = { conversationId, parentMessageId, model: model || undefined };
    await this._begin(() => api.client.send(content, options));
  }

  async stop() {
    const reply = this._views.at(-1)?.message;
    if (this.canStop) await this._page.api.client.stop(reply.id);
  }

  _show({ entry, messages, before }) {
    this._unfollow();
    this.entry = entry;
    this._before = before;
    this._views = messages.map((one) => this._view(one));
    this._paint();
    const last = this._views.at(-1);
    if (last?.message.status === "STREAMING") this._follow(last);
  }

  _unfollow() {
    this._following?.abort();
    this._following = null;
  }

  _paint() {
    const read = () => this._page.attempt(() => this._readEarlier());
    const earlier = this._before ? [element("li", { class: "earlier" }, button("Earlier messages", read))] : [];
    at("messages").replaceChildren(...earlier, ...this._views.map(({ node }) => node));
    at("empty").hidden = this._views.length > 0;
    this._page.changed(this.entry);
    this._toEnd(true);
  }

  _view(message) {
    const { attempt, api: { client } } = this._page;
    const begin = (ask) => attempt(() => this._begin(ask));
    return new MessageView(message, {
      edit: ({ message: { id } }, text) => begin(() => client.edit(id, text, this._chosen())),
      regenerate: ({ message: { id } }) => begin(() => client.regenerate(id, this._chosen())),
      turn: (view, step) => attempt(() => this._turn(view, step)),
      rate: (view, rating, comment) => attempt(() => this._rate(view, rating, comment)),
      remove: (view) => attempt(() => this._remove(view)),
    });
  }

  _chosen() {
    const { model } = this._page;
    return model ? { model } : {};
  }

  /** Begin a reply, show the branch that it is on, and follow it. */
  async _begin(begin) {
    if (this.isBusy) throw new Error("a reply is being written, stop it first.");
    const visit = this._visit;
    this._isBeginning = true;
    this._page.changed(this.entry);
    try {
      const sent = await begin();
      this._page.spent(sent.quota);
      const read = await this._page.api.conversation(sent.conversation.id, { branch: sent.reply.id });
      // Whoever looks elsewhere by now is left there.
      if (visit !== this._visit || !read) return;
      const isNew = read.entry.id !== this.id;
      this._show(read);
      if (isNew) this._page.begun(read.entry);
    } finally {
      if (visit === this._visit) {
        this._isBeginning = false;
        this._page.changed(this.entry);
      }
    }
  }

  /** Let a reply grow, each piece of it once, whatever becomes of the connection. */
  async _follow(view) {
    const following = new AbortController();
    this._following = following;
    view.text = "";
    this._page.changed(this.entry);
    let end = null;
    try {
      const { client } = this._page.api;
      for await (const event of client.follow(view.message.id, { signal: following.signal })) {
        if (event.__typename === "ReplyDelta") view.append(event.text);
        else end = event;
        this._toEnd();
      }
    } catch (error) {
      if (!following.signal.aborted) notice(`The reply cannot be followed: ${error.message}`);
    } finally {
      if (this._following === following) {
        this._following = null;
        this._page.changed(this.entry);
        if (end) await this._end(view, end);
      }
    }
  }

  async _end(view, { quota, error, message }) {
    if (quota) this._page.spent(quota);
    if (error) notice(error.message);
    view.show({ ...view.message, status: message.status });
    this._toEnd();
    await this._page.attempt(() => this.refresh());
    this._page.ended(this._views.length === 2);
  }

  /** Read again what goes beside the texts: versions, models, ratings and the title. */
  async refresh() {
    const { id, _visit: visit } = this;
    if (!id || this.isBusy) return;
    const read = await this._page.api.conversation(id, { branch: this._views.at(-1)?.message.id });
    if (!read || visit !== this._visit) return;
    const known = new Map(read.messages.map((one) => [one.id, one]));
    this._views.forEach((one) => known.has(one.message.id) && one.show(known.get(one.message.id)));
    this.entry = read.entry;
    this._page.changed(read.entry);
  }

  /** Show the conversation itself as it is now. */
  renew(entry) {
    if (entry.id !== this.id) return;
    this.entry = entry;
    this._page.changed(entry);
  }

  async _turn(view, step) {
    const { api } = this._page;
    const sibling = await api.sibling(view.message.id, view.message.siblingIndex + step);
    if (!sibling) return;
    await api.selectBranch(sibling);
    this._show(await api.conversation(this.id));
    this._refocus(sibling);
  }

  async _rate(view, rating, comment) {
    const feedback = await this._page.api.rate(view.message.id, rating, rating ? comment : "");
    view.show({ ...view.message, feedback });
    this._refocus(view.message.id);
    notice(rating ? "Your rating is stored." : "Your rating is taken back.");
  }

  async _remove(view) {
    if (!await this._page.confirmed("Delete this message and all that follow it?")) return;
    await this._page.api.deleteMessage(view.message.id);
    this._show(await this._page.api.conversation(this.id));
  }

  async _readEarlier() {
    const tip = this._views.at(-1)?.message.id;
    const read = await this._page.api.conversation(this.id, { branch: tip, before: this._before });
    const [top] = this._views;
    this._before = read.before;
    this._views = [...read.messages.map((one) => this._view(one)), ...this._views];
    this._paint();
    top?.node.scrollIntoView();
  }

  /** Show a message that was found, however far back it is. */
  async _reveal(messageId) {
    if (!messageId) return;
    const isThere = () => this._views.some(({ message }) => message.id === messageId);
    while (!isThere() && this._before) await this._readEarlier();
    this._focus(messageId);
    this._views.forEach(({ node }) => node.classList.toggle("found", node.dataset.id === messageId));
  }

  /** Give a message the focus that went with a button; whoever is elsewhere by now stays there. */
  _refocus(messageId) {
    if (document.activeElement === document.body) this._focus(messageId);
  }

  _focus(messageId) {
    const node = this._views.find(({ message }) => message.id === messageId)?.node;
    node?.scrollIntoView({ block: "nearest" });
    node?.focus({ preventScroll: true });
  }

  _toEnd(isForced = false) {
    const place = at("scroll");
    const isNear = place.scrollHeight - place.scrollTop - place.clientHeight < 120;
    if (isForced || isNear) place.scrollTop = place.scrollHeight;
  }
}
