// The page: its tabs, its tools, the schema, and what is kept of them.

import { demoCallers } from "./callers.js";
import { at, button, element } from "./element.js";
import { notice } from "./notice.js";
import { ask } from "./requests/transport.js";
import { followScheme } from "./scheme.js";
import { Documentation } from "./schema/documentation.js";
import { INTROSPECTION } from "./schema/introspection.js";
import { Schema } from "./schema/types.js";
import { linkedOperation, linkTo } from "./workspace/links.js";
import { showHistory } from "./workspace/past.js";
import { run } from "./workspace/run.js";
import { storedTabs, storeTabs } from "./workspace/stored.js";
import { Tab } from "./workspace/tab.js";

const FIRST = `# Ctrl+Enter runs it; Ctrl+Space shows what can stand here.
query Me {
  viewer {
    email
    subscription { status plan { displayName } }
    quota { state remaining limit resetsAt }
    conversations(first: 5) {
      edges { node { title updatedAt lastMessage { role content } } }
    }
  }
}
`;
const NARROW = matchMedia("(max-width: 44rem)");

const main = document.querySelector("main");
const page = { schema: null, callers: {}, changed };
const tabs = [];
let active = null;

const documentation = new Documentation({
  place: at("documentation"), search: at("search"), back: at("back"), forth: at("forth"),
});
start();

async function start() {
  followScheme(at("scheme"));
  listen();
  page.callers = await demoCallers();
  const { tabs: stored, active: index } = storedTabs();
  const linked = linkedOperation(location);
  stored.forEach((one) => add(one));
  if (linked) add(linked);
  if (!tabs.length) add({ query: FIRST });
  activate(linked ? tabs.at(-1) : (tabs[index] ?? tabs[0]));
  history.replaceState(null, "", location.pathname);
  showPane("request");
  browse(!NARROW.matches);
  await loadSchema();
}

function add(stored) {
  const [known] = Object.values(page.callers);
  const headers = stored.headers ?? (known ? JSON.stringify(known, null, 2) : "");
  const tab = new Tab(page, { ...stored, headers });
  tabs.push(tab);
  at("schema").before(tab.section, tab.answer.section);
  return tab;
}

function open(stored) {
  activate(add({ headers: active?.headers.text, ...stored }));
  showPane("request");
  active.focus();
}

function close(tab) {
  tab.running?.abort();
  tab.section.remove();
  tab.answer.section.remove();
  const index = tabs.indexOf(tab);
  tabs.splice(index, 1);
  if (!tabs.length) add({ query: "", headers: tab.headers.text });
  activate(active === tab ? tabs[Math.min(index, tabs.length - 1)] : active);
}

function activate(tab) {
  active = tab;
  tabs.forEach((one) => one.show(one === tab));
  changed();
}

/** Show what follows from the tabs, and keep them. */
function changed() {
  if (!active) return;
  at("tabs").replaceChildren(...tabs.map(tabButton), button("+", () => open({ query: "" }),
    { title: "New operation", "aria-label": "New operation" }));
  const operations = active.query.reading?.operations ?? [];
  at("operation").hidden = operations.length < 2;
  at("operation").replaceChildren(...operations.map(({ kind, name }) =>
    new Option(name ? `${kind} ${name}` : kind, name ?? "")));
  at("operation").value = active.chosen?.name ?? "";
  at("transport").hidden = active.chosen?.kind !== "subscription";
  at("transport").value = active.transport;
  at("stop").hidden = !active.running;
  storeTabs(tabs.map(({ stored }) => stored), tabs.indexOf(active));
}

function tabButton(tab) {
  const shown = button(tab.title, () => activate(tab),
    { role: "tab", "aria-selected": String(tab === active) });
  const away = button("×", () => close(tab), { class: "away", "aria-label": `Close ${tab.title}` });
  return element("span", { class: "tab" }, shown, away);
}

function listen() {
  at("run").onclick = runActive;
  at("stop").onclick = () => active.running?.abort();
  at("operation").onchange = () => active.choose(at("operation").value);
  at("transport").onchange = () => {
    active.transport = at("transport").value;
    changed();
  };
  at("format").onclick = prettify;
  at("share").onclick = share;
  at("past").onclick = () => showHistory(at("history"), open);
  at("reload").onclick = loadSchema;
  at("browse").onclick = () => browse(main.classList.contains("without-schema"));
  at("panes").onclick = ({ target }) => target.dataset.pane && showPane(target.dataset.pane);
  document.addEventListener("keydown", shortcut);
  main.addEventListener("click", documented);
}

function shortcut(event) {
  if (!(event.ctrlKey || event.metaKey)) return;
  const act = event.key === "Enter" ? runActive : event.shiftKey && event.code === "KeyP" ? prettify : null;
  if (!act) return;
  event.preventDefault();
  act();
}

/** Ctrl+click on a name shows its documentation. */
function documented({ target, ctrlKey, metaKey }) {
  if (!(ctrlKey || metaKey) || target !== active.query.field) return;
  const offset = target.selectionStart;
  const token = active.query.reading.tokens.find(({ start, end }) => start <= offset && offset <= end);
  if (!token?.about?.type) return;
  browse(true);
  showPane("schema");
  documentation.go(token.about.type.name, token.about.field?.name);
}

function runActive() {
  showPane("answer");
  run(active, changed);
}

function prettify() {
  const problem = active.prettify();
  if (problem) notice(`It is not changed while there is an error: ${problem}`);
}

async function share() {
  const link = linkTo({ ...active.stored, operation: active.chosen?.name }, location);
  try {
    await navigator.clipboard.writeText(link);
    notice("The link is copied. It has the operation and its variables, and no headers.");
  } catch {
    // The clipboard is refused outside of HTTPS and localhost: the address bar has the link then.
    history.replaceState(null, "", link);
    notice("The address bar has the link now. It has no headers.");
  }
}

function browse(isShown) {
  main.classList.toggle("without-schema", !isShown);
  at("browse").setAttribute("aria-expanded", String(isShown));
}

/** In a narrow window one part of the page is shown at a time. */
function showPane(name) {
  main.dataset.pane = name;
  if (name === "schema") browse(true);
  for (const choice of at("panes").children) {
    choice.setAttribute("aria-pressed", String(choice.dataset.pane === name));
  }
}

async function loadSchema() {
  const headers = active.headers.reading.value ?? {};
  try {
    await ask({ query: INTROSPECTION }, headers, undefined, ({ body }) => {
      if (!body.data?.__schema) throw new Error(body.errors?.[0]?.message ?? "no answer");
      page.schema = new Schema(body.data.__schema);
    });
    documentation.show(page.schema);
    tabs.forEach((tab) => tab.refresh());
  } catch (error) {
    at("documentation").textContent = `The schema cannot be shown: ${error.message}`;
  }
}
