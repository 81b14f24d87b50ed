/** Prints the documents as urql sends them, for `guidance operations publish`. */

import { formatDocument, getOperationName, stringifyDocument } from "@urql/core";
import type { DocumentNode } from "graphql";

import { sha256 } from "../hash.js";
import { OPERATIONS, REPLY } from "./operations.js";

/** Its cache has `__typename` asked for everywhere in queries and mutations. */
const sent = (document: DocumentNode) => (document === REPLY ? document : formatDocument(document));

const operations = OPERATIONS.map(async (document) => {
  const body = stringifyDocument(sent(document));
  return { id: await sha256(body), name: getOperationName(document), body };
});
const manifest = {
  format: "apollo-persisted-query-manifest",
  version: 1,
  operations: await Promise.all(operations),
};
console.log(JSON.stringify(manifest, null, 2));
