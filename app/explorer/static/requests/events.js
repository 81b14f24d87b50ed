// Server-sent events out of text that arrives in pieces, as the HTML standard reads them.

/** A function that takes pieces of a stream and calls `onEvent({event, data, id})` for each event. */
export function eventReader(onEvent) {
  let rest = "";
  let event = { event: "message", data: [], id: null };

  function line(text) {
    if (text === "") {
      if (event.data.length) onEvent({ ...event, data: event.data.join("\n") });
      event = { event: "message", data: [], id: event.id };
      return;
    }
    const colon = text.indexOf(":");
    const name = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? "" : text.slice(colon + 1).replace(/^ /, "");
    if (name === "data") event.data.push(value);
    else if (name === "event" || name === "id") event[name] = value;
  }

  return (piece) => {
    rest += piece;
    // A carriage return at the end may be half of a line end.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop();
    lines.forEach(line);
  };
}
