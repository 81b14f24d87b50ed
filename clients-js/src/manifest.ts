#!/usr/bin/env node
/** Prints the operations of this package as a manifest for `guidance operations publish`. */

import { DOCUMENTS } from "./documents.js";

const operations = DOCUMENTS.map(({ id, name, kind, text }) => ({
  id,
  name,
  type: kind,
  body: text,
}));
console.log(
  JSON.stringify({ format: "apollo-persisted-query-manifest", version: 1, operations }, null, 2),
);
