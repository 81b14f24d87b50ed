// What carries the client's streams on a page: graphql-transport-ws, in the place of graphql-ws.
//
// The other modules of this folder are those of clients-js, as its compiler gives them.

/** The server says something every 20 seconds. */
const SILENCE_SECONDS = 45;
const ACKNOWLEDGED_MS = 15_000;

/** A client like that of `graphql-ws`, with a connection for each operation, which it never retries. */
export function openSocket(address, token, { silenceSeconds = SILENCE_SECONDS } = {}) {
  const open = new Set();
  return {
    subscribe(payload, sink) {
      const connection = new Connection(address, token, payload, sink, silenceSeconds * 1000);
      open.add(connection);
      const end = () => {
        open.delete(connection);
        connection.close();
      };
      connection.onEnd = end;
      return end;
    },
    dispose() {
      open.forEach((one) => one.close());
    },
  };
}

class Connection {
  onEnd = () => {};

  constructor(address, token, payload, sink, silenceMs) {
    this._sink = sink;
    this._silenceMs = silenceMs;
    this._socket = new WebSocket(`${address.replace(/^http/, "ws")}/graphql`, "graphql-transport-ws");
    this._socket.onopen = async () => {
      this._wait(ACKNOWLEDGED_MS);
      this._send({ type: "connection_init", payload: { authorization: `Bearer ${await token()}` } });
    };
    this._socket.onmessage = ({ data }) => this._receive(JSON.parse(data), payload);
    this._socket.onclose = (event) => this._end(() => sink.error(event));
    this._wait(ACKNOWLEDGED_MS);
  }

  close() {
    this._end(() => {});
  }

  _receive({ type, payload }, request) {
    this._wait(this._silenceMs);
    if (type === "connection_ack") this._send({ id: "1", type: "subscribe", payload: request });
    else if (type === "ping") this._send({ type: "pong" });
    else if (type === "next") this._sink.next(payload);
    else if (type === "error") this._end(() => this._sink.error(payload));
    else if (type === "complete") this._end(() => this._sink.complete());
  }

  _send(message) {
    if (this._socket.readyState === WebSocket.OPEN) this._socket.send(JSON.stringify(message));
  }

  /** Give the connection up where nothing comes for so long. */
  _wait(ms) {
    clearTimeout(this._timer);
    this._timer = setTimeout(() => this._end(() => this._sink.error(new Error("nothing came"))), ms);
  }

  /** Whatever ends it first says so; nothing is said after it. */
  _end(say) {
    clearTimeout(this._timer);
    Object.assign(this._socket, { onopen: null, onmessage: null, onclose: null });
    this._socket.close();
    this._end = () => {};
    this.onEnd();
    say();
  }
}
