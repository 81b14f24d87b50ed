// The page: what is typed is kept, run, followed and shown.

import { documentation } from "./documentation.js";
import { operationsOf } from "./operations.js";
import { INTROSPECTION } from "./schema.js";
import { ask, followEvents, followSocket } from "./transport.js";

const FIRST = `# Ctrl+Enter runs the operation. Put a token into the headers:
# {"Authorization": "Bearer …"}
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

const at = (id) => document.getElementById(id);
const main = document.querySelector("main");
const [query, variables, headers] = [at("query"), at("variables"), at("headers")];
let running = null;

// Headers hold credentials: they are forgotten with the tab.
keep(query, localStorage, FIRST);
keep(variables, localStorage, "");
keep(headers, sessionStorage, "");
for (const editor of [query, variables, headers]) {
  editor.addEventListener("keydown", onKey);
}
query.addEventListener("input", listOperations);
at("run").onclick = run;
at("stop").onclick = () => running?.abort();
at("reload").onclick = loadSchema;
at("browse").onclick = () => browse(main.classList.contains("without-schema"));
// In a narrow window the schema lies below everything else: it is unfolded when it is asked for.
browse(!matchMedia("(max-width: 44rem)").matches);
listOperations();
loadSchema();

function keep(editor, storage, first) {
  editor.value = storage.getItem(editor.id) ?? first;
  editor.addEventListener("input", () => storage.setItem(editor.id, editor.value));
}

function browse(isShown) {
  main.classList.toggle("without-schema", !isShown);
  at("browse").setAttribute("aria-expanded", String(isShown));
  if (isShown) at("schema").scrollIntoView();
}

let leavesOnTab = false;
function onKey(event) {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    run();
  } else if (event.key === "Tab" && !event.shiftKey && !leavesOnTab) {
    event.preventDefault();
    document.execCommand("insertText", false, "  ");
  }
  // Escape, then Tab, leaves the editor by keyboard.
  leavesOnTab = event.key === "Escape";
}

function listOperations() {
  const chosen = at("operation").value;
  const options = operationsOf(query.value).map(({ kind, name }) => {
    const option = new Option(name ? `${kind} ${name}` : kind, name ?? "");
    option.dataset.kind = kind;
    return option;
  });
  at("operation").replaceChildren(...options);
  if (options.some((option) => option.value === chosen)) at("operation").value = chosen;
}

async function run() {
  running?.abort();
  say("");
  const request = read();
  if (request === null) return;
  running = new AbortController();
  const { signal } = running;
  at("stop").disabled = false;
  at("status").textContent = "Running …";
  at("status").scrollIntoView({ block: "nearest" });
  try {
    if (at("operation").selectedOptions[0]?.dataset.kind === "subscription") {
      await follow(request, signal);
    } else {
      show(await ask(request.body, request.headers, signal));
    }
  } catch (error) {
    if (signal.aborted) at("status").textContent = "Stopped.";
    else say(error.message);
  } finally {
    if (running?.signal === signal) at("stop").disabled = true;
  }
}

/** What is typed, or null after saying what is wrong with it. */
function read() {
  try {
    const body = { query: query.value, variables: readObject(variables, "variables") };
    if (at("operation").value) body.operationName = at("operation").value;
    return { body, headers: readObject(headers, "headers") };
  } catch (error) {
    say(error.message);
    return null;
  }
}

function readObject(editor, what) {
  if (!editor.value.trim()) return {};
  let read;
  try {
    read = JSON.parse(editor.value);
  } catch (error) {
    throw new Error(`The ${what} are not JSON: ${error.message}`);
  }
  if (read === null || typeof read !== "object" || Array.isArray(read)) {
    throw new Error(`The ${what} must be a JSON object.`);
  }
  return read;
}

async function follow(request, signal) {
  at("result").replaceChildren();
  let count = 0;
  const onNext = (result) => {
    count += 1;
    at("status").textContent = `Following: ${count} received.`;
    const event = document.createElement("div");
    const time = document.createElement("time");
    event.className = "event";
    time.textContent = new Date().toISOString().slice(11, 23);
    event.append(time, `  ${JSON.stringify(result.errors ? result : result.data)}`);
    at("result").append(event);
    event.scrollIntoView({ block: "nearest" });
  };
  const how = at("transport").value === "websocket" ? followSocket : followEvents;
  await how(request.body, request.headers, signal, onNext);
  at("status").textContent = `${signal.aborted ? "Stopped" : "Ended"}: ${count} received.`;
}

function show({ status, requestId, bytes, ms, body }) {
  at("status").textContent =
    `${status} · ${ms.toFixed(0)} ms · ${bytes} bytes · request ${requestId ?? "unknown"}`;
  at("result").textContent = typeof body === "string" ? body : JSON.stringify(body, null, 2);
}

function say(problem) {
  at("problem").textContent = problem;
  at("problem").hidden = !problem;
  if (problem) at("status").textContent = "";
}

async function loadSchema() {
  const place = at("documentation");
  try {
    const { body } = await ask({ query: INTROSPECTION }, readObject(headers, "headers"));
    if (!body.data?.__schema) throw new Error(body.errors?.[0]?.message ?? "no answer");
    const elements = { trail: at("trail"), place, search: at("search") };
    documentation(body.data.__schema, elements).show();
  } catch (error) {
    place.textContent = `The schema cannot be shown: ${error.message}`;
  }
}
