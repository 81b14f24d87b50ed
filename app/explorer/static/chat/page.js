// The page: who asks, the list, the conversation, and what is written below it.

import { Refused } from "../client/client.js";
import { at } from "../element.js";
import { notice } from "../notice.js";
import { followScheme } from "../scheme.js";
import { Account } from "./account.js";
import { Api } from "./api.js";
import { ConversationView } from "./conversation.js";
import { Dialogs } from "./dialogs.js";
import { ListView } from "./list.js";

/** The fragment of a conversation that is yet to begin. */
const NEW = "new";
/** The model names a conversation a moment after its first reply. */
const TITLE_MS = 2_000;

const page = {
  api: null, model: "", changed, begun, ended, spent: showQuota, open, attempt,
  confirmed: (question) => dialogs.confirmed(question),
};
const dialogs = new Dialogs();
const account = new Account(() => begin());
page.api = new Api(() => account.token);
const conversation = new ConversationView(page);
const list = new ListView(page);
start();

async function start() {
  followScheme(at("scheme"));
  listen();
  await account.load();
  await begin();
}

/** Begin as whoever asks now. */
async function begin() {
  conversation.clear();
  await attempt(async () => {
    const viewer = account.token ? await page.api.viewer() : null;
    if (!viewer) {
      at("list").replaceChildren();
      return account.ask();
    }
    showQuota(viewer.quota);
    showModels(viewer.models);
    list.tags(viewer.tags);
    await Promise.all([list.load(), openLinked()]);
  });
}

function listen() {
  at("composer").onsubmit = (event) => {
    event.preventDefault();
    send();
  };
  at("content").onkeydown = (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  };
  at("stop").onclick = () => attempt(() => conversation.stop());
  at("new").onclick = () => go(NEW);
  at("back").onclick = () => showPane("list");
  at("model").onchange = () => { page.model = at("model").value; };
  at("rename").onclick = rename;
  at("tags").onclick = setTags;
  at("pin").onclick = () => change(({ id, isPinned }) => page.api.pin(id, !isPinned));
  at("archive").onclick = () => change(({ id, status }) => page.api.archive(id, status === "ACTIVE"));
  at("delete").onclick = remove;
  window.addEventListener("hashchange", () => attempt(openLinked));
}

async function send() {
  const content = at("content").value;
  if (!content.trim() || conversation.isBusy) return;
  at("content").value = "";
  try {
    await conversation.send(content);
  } catch (error) {
    at("content").value = content;
    explain(error);
  }
}

/** Open a conversation, and a message of it that was found; the address has both. */
function open(id, messageId) {
  go(new URLSearchParams(messageId ? { id, message: messageId } : { id }).toString());
}

function go(fragment) {
  if (location.hash.slice(1) === fragment) attempt(openLinked);
  else location.hash = fragment;
}

async function openLinked() {
  const linked = new URLSearchParams(location.hash.slice(1));
  const id = linked.get("id");
  const message = linked.get("message") ?? undefined;
  const isNew = linked.has(NEW);
  showPane(id || isNew ? "conversation" : "list");
  if (!id) conversation.clear();
  else if (id !== conversation.id || message) await conversation.open(id, message);
  if (isNew) at("content").focus();
  else if (id && !message) at("title").focus();
}

/** Show what follows from the conversation that is shown, and from whether one is written to. */
function changed(entry) {
  at("title").textContent = entry?.title ?? "New conversation";
  document.title = entry ? `${entry.title} · chat` : "chat";
  at("of-conversation").hidden = !entry;
  at("pin").textContent = entry?.isPinned ? "Unpin" : "Pin";
  at("archive").textContent = entry?.status === "ARCHIVED" ? "Unarchive" : "Archive";
  at("send").hidden = conversation.canStop;
  at("send").disabled = conversation.isBusy;
  at("stop").hidden = !conversation.canStop;
  list.choose(entry?.id ?? null, new URLSearchParams(location.hash.slice(1)).get("message"));
}

/** A conversation was begun: it has an address, and a place in the list. */
function begun(entry) {
  history.replaceState(null, "", `#${new URLSearchParams({ id: entry.id })}`);
  attempt(() => list.load());
}

/** A reply has ended. After the first one the model gives the conversation a title. */
function ended(isFirst) {
  if (!isFirst) return;
  setTimeout(() => attempt(async () => {
    await list.load();
    await conversation.refresh();
  }), TITLE_MS);
}

function showQuota({ remaining, limit }) {
  at("quota").textContent = `${remaining} left today`;
  at("quota").title = `${remaining} of ${limit} messages are left today`;
}

function showModels(models) {
  at("model").replaceChildren(...models.map(({ name, displayName }) => new Option(displayName, name)));
  at("model").hidden = models.length < 2;
  page.model = models.length < 2 ? "" : at("model").value;
}

/** In a narrow window the list or the conversation is shown. */
function showPane(name) {
  document.body.dataset.pane = name;
}

async function change(act) {
  await attempt(async () => {
    const { conversation: entry } = await act(conversation.entry);
    conversation.renew(entry);
    await list.load();
  });
}

async function rename() {
  const title = await dialogs.asked("The title of the conversation", conversation.entry.title);
  if (title !== null) await change(({ id }) => page.api.rename(id, title));
}

async function setTags() {
  const given = await dialogs.asked("Its tags, with commas between them", conversation.entry.tags.join(", "));
  if (given === null) return;
  const tags = given.split(",").map((one) => one.trim()).filter(Boolean);
  await change(({ id }) => page.api.tag(id, tags));
  await attempt(async () => list.tags((await page.api.viewer()).tags));
}

async function remove() {
  const { id, title } = conversation.entry;
  if (!await dialogs.confirmed(`Delete “${title}” with all of its messages?`)) return;
  await attempt(async () => {
    await page.api.deleteConversation(id);
    go("");
    await list.load();
  });
}

async function attempt(act) {
  try {
    await act();
  } catch (error) {
    explain(error);
  }
}

function explain(error) {
  if (error.code === "UNAUTHENTICATED") account.ask("The token is not accepted, or no longer.");
  else notice(error instanceof Refused ? error.message : `That did not work: ${error.message}`);
}
