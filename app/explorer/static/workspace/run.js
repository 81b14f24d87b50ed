// Running a tab's operation: its request is checked, sent, followed, and its answer shown.

import { offsetOf } from "../editor/painting.js";
import { ask, followEvents, followSocket } from "../requests/transport.js";
import { remember } from "./stored.js";

/** Run a tab's chosen operation until it ends or is stopped; a run before it is stopped. */
export async function run(tab, onChange) {
  tab.running?.abort();
  const request = requestOf(tab);
  if (request === null) return;
  remember(tab.stored);
  const running = new AbortController();
  tab.running = running;
  tab.answer.begin("Running …");
  tab.query.mark([]);
  onChange();
  try {
    await (tab.chosen?.kind === "subscription" ? follow : once)(tab, request, running.signal);
  } catch (error) {
    if (tab.running === running) fail(tab, error, running.signal);
  } finally {
    if (tab.running === running) tab.running = null;
    onChange();
  }
}

function fail(tab, error, { aborted }) {
  if (aborted) tab.answer.end("Stopped");
  else if (error instanceof TypeError) tab.answer.fail(`The server does not answer: ${error.message}`);
  else tab.answer.fail(error.message);
}

/** What is sent, or null after saying what is wrong with it. */
function requestOf(tab) {
  const [variables, headers] = [tab.variables.reading.value, tab.headers.reading.value];
  const wrong = variables === null ? "variables" : headers === null ? "headers" : null;
  if (wrong) {
    tab.answer.fail(`The ${wrong} are no JSON object: nothing was sent.`);
    return null;
  }
  const body = { query: tab.query.text, variables };
  if (tab.chosen?.name) body.operationName = tab.chosen.name;
  return { body, headers };
}

async function once(tab, { body, headers }, signal) {
  await ask(body, headers, signal, (answer) => {
    if (signal.aborted) return;
    tab.answer.show(answer);
    markErrors(tab, body.query, answer.body);
  });
}

async function follow(tab, { body, headers }, signal) {
  const how = tab.transport === "websocket" ? followSocket : followEvents;
  await how(body, headers, signal, (result) => {
    if (signal.aborted) return;
    tab.answer.next(result);
    markErrors(tab, body.query, result);
  });
  tab.answer.end(signal.aborted ? "Stopped" : "Ended");
}

/** Mark where the server's errors are, if that is still the text. */
function markErrors(tab, text, { errors }) {
  if (!errors?.length || tab.query.text !== text) return;
  tab.query.mark(errors.flatMap(({ message, locations }) => (locations ?? []).map((place) => {
    const start = offsetOf(text, place.line, place.column);
    return { message, start, end: start + 1 };
  })));
}
