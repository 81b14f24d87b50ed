// Parts of `multipart/mixed`, out of text that arrives in pieces (RFC 2046, 5.1).

/** The boundary that a Content-Type names; null if it is no `multipart/mixed`. */
export function boundaryOf(contentType) {
  if (!contentType?.startsWith("multipart/mixed")) return null;
  return /boundary="?([^";]+)"?/.exec(contentType)?.[1] ?? "-";
}

/** A function that takes pieces of a body and calls `onPart` with the text of each part. */
export function partReader(boundary, onPart) {
  const delimiter = `\r\n--${boundary}`;
  // The first delimiter may begin the body.
  let rest = "\r\n";
  let isPreamble = true;
  return (piece) => {
    rest += piece;
    for (let at = rest.indexOf(delimiter); at >= 0; at = rest.indexOf(delimiter)) {
      const part = rest.slice(0, at);
      rest = rest.slice(at + delimiter.length);
      const body = part.indexOf("\r\n\r\n");
      if (!isPreamble && body >= 0) onPart(part.slice(body + 4));
      isPreamble = false;
    }
  };
}
