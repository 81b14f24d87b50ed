// Operations on their way: over HTTP in one response or in parts, over SSE, or over WebSocket.

import { eventReader } from "./events.js";
import { IncrementalResponse } from "./incremental.js";
import { boundaryOf, partReader } from "./multipart.js";

const URL_PATH = "/graphql";
const JSON_TYPES = "application/graphql-response+json, application/json;q=0.9";
const PARTS = "multipart/mixed;incrementalSpec=v0.2";

/** What came of one request, by its first bytes. */
function facts(response, started) {
  return {
    status: response.status,
    requestId: response.headers.get("x-request-id"),
    retryAfter: response.headers.get("retry-after"),
    ms: performance.now() - started,
  };
}

/**
 * Run `request`, and call `onAnswer({status, requestId, retryAfter, ms, bytes, parts, body})` with
 * the answer, again after each part of it. The body is text if it is no JSON.
 */
export async function ask(request, headers, signal, onAnswer) {
  const started = performance.now();
  const accept = `${JSON_TYPES}, ${PARTS};q=0.8`;
  const response = await post(request, { ...headers, Accept: accept }, signal);
  const boundary = boundaryOf(response.headers.get("content-type"));
  let bytes = 0;
  if (boundary === null) {
    const text = await response.text();
    bytes = new TextEncoder().encode(text).length;
    onAnswer({ ...facts(response, started), bytes, parts: 1, body: parsed(text) });
    return;
  }
  const whole = new IncrementalResponse();
  const feed = partReader(boundary, (text) => {
    const part = parsed(text);
    if (typeof part === "string") throw new Error("A part of the answer is not JSON.");
    whole.add(part);
    onAnswer({ ...facts(response, started), bytes, parts: whole.parts, body: whole.body });
  });
  await read(response, (text, length) => {
    bytes += length;
    feed(text);
  });
}

/** Follow `request` over SSE, calling `onNext` for each result, until it ends or `signal` aborts. */
export async function followEvents(request, headers, signal, onNext) {
  const response = await post(request, { ...headers, Accept: "text/event-stream" }, signal);
  if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
    onNext(parsed(await response.text()));
    return;
  }
  const feed = eventReader(({ event, data }) => event === "next" && onNext(parsed(data)));
  await read(response, feed);
}

async function read(response, onText) {
  const decoder = new TextDecoder();
  for (const reader = response.body.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) return;
    onText(decoder.decode(value, { stream: true }), value.length);
  }
}

/** Follow `request` over graphql-transport-ws; the headers are its connection's payload. */
export function followSocket(request, headers, signal, onNext) {
  return new Promise((resolve, reject) => {
    const address = new URL(URL_PATH, location.href.replace(/^http/, "ws"));
    const socket = new WebSocket(address, "graphql-transport-ws");
    const send = (message) => socket.send(JSON.stringify(message));
    signal.addEventListener("abort", () => socket.close(1000));
    socket.onopen = () => send({ type: "connection_init", payload: headers });
    socket.onclose = ({ code, reason }) =>
      code === 1000 ? resolve() : reject(new Error(`The socket closed: ${code} ${reason}`));
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.type === "connection_ack") send({ id: "1", type: "subscribe", payload: request });
      else if (message.type === "ping") send({ type: "pong" });
      else if (message.type === "next") onNext(message.payload);
      else if (message.type === "error") onNext({ errors: message.payload });
      if (message.type === "error" || message.type === "complete") socket.close(1000);
    };
  });
}

function post(request, headers, signal) {
  return fetch(URL_PATH, {
    method: "POST",
    headers: { ...headers, "Content-Type": "application/json" },
    body: JSON.stringify(request),
    signal,
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
