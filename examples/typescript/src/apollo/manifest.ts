/** Prints the documents as Apollo Client sends them, for `guidance operations publish`. */

import { Kind, print } from "graphql";

import { sha256 } from "../hash.js";
import { makeCache } from "./client.js";
import { OPERATIONS } from "./operations.js";

const operations = OPERATIONS.map(async (document) => {
  const sent = makeCache().transformDocument(document);
  const definition = sent.definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error("not an operation");
  const body = print(sent);
  return { id: await sha256(body), name: definition.name?.value, type: definition.operation, body };
});
const manifest = {
  format: "apollo-persisted-query-manifest",
  version: 1,
  operations: await Promise.all(operations),
};
console.log(JSON.stringify(manifest, null, 2));
