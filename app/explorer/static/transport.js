// Operations on their way: once over HTTP, or followed over SSE or WebSocket until they end.

import { eventReader } from "./events.js";

const URL_PATH = "/graphql";
const JSON_TYPES = "application/graphql-response+json, application/json";

/** Run `request` once: `{status, requestId, bytes, ms, body}`; the body is text if it is no JSON. */
export async function ask(request, headers, signal) {
  const started = performance.now();
  const response = await post(request, { ...headers, Accept: JSON_TYPES }, signal);
  const text = await response.text();
  return {
    status: response.status,
    requestId: response.headers.get("x-request-id"),
    bytes: new TextEncoder().encode(text).length,
    ms: performance.now() - started,
    body: parsed(text),
  };
}

/** Follow `request` over SSE, calling `onNext` for each result, until it ends or `signal` aborts. */
export async function followEvents(request, headers, signal, onNext) {
  const response = await post(request, { ...headers, Accept: "text/event-stream" }, signal);
  if (!response.headers.get("content-type")?.startsWith("text/event-stream")) {
    onNext(parsed(await response.text()));
    return;
  }
  const decoder = new TextDecoder();
  const feed = eventReader(({ event, data }) => event === "next" && onNext(parsed(data)));
  for (const reader = response.body.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) return;
    feed(decoder.decode(value, { stream: true }));
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
